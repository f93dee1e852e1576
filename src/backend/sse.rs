//! A reader of server-sent events: bytes in, events out. Follows the WHATWG text for what we need of it.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// Its name; `message` when the stream gives none.
    pub name: String,
    /// Its data, lines joined by line feeds.
    pub data: String,
    /// Its own id, when it has one.
    pub id: Option<String>,
}

/// An event larger than this is no event of a desk.
const LARGEST: usize = 16 * 1024 * 1024;

/// The stream is not one of server-sent events.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Collects bytes until an event is complete.
#[derive(Debug, Default)]
pub struct SseReader {
    /// Bytes not yet cut into lines.
    rest: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_cr: bool,
    started: bool,
    name: String,
    data: String,
    has_data: bool,
    id: Option<String>,
}

impl SseReader {
    /// Takes what came; answers the events that it completed.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, TooLarge> {
        let mut events = Vec::new();
        for &byte in bytes {
            let skip = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            match byte {
                _ if skip => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.rest);
                    events.extend(self.line(&String::from_utf8_lossy(&line)));
                }
                _ => self.rest.push(byte),
            }
        }
        if self.rest.len() + self.data.len() > LARGEST { Err(TooLarge) } else { Ok(events) }
    }

    fn line(&mut self, line: &str) -> Option<SseEvent> {
        let first = !std::mem::replace(&mut self.started, true);
        let line = if first { line.trim_start_matches('\u{feff}') } else { line };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // Comments (an empty field) are heartbeats; `retry` is ours to decide.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let id = self.id.take();
        std::mem::take(&mut self.has_data).then(|| SseEvent {
            name: if name.is_empty() { "message".to_owned() } else { name },
            data,
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str, id: Option<&str>) -> SseEvent {
        SseEvent { name: name.to_owned(), data: data.to_owned(), id: id.map(str::to_owned) }
    }

    #[test]
    fn events_come_out_whole_however_the_bytes_are_cut() {
        let text = "\u{feff}event: hello\ndata: {\"a\":1}\n\n:\n\nid: 7\r\nevent: ticket\r\ndata: 返品\r\ndata: two\r\n\r\ndata\n\nid: 8\n\ndata:x\r\r";
        let expected = vec![
            event("hello", "{\"a\":1}", None),
            event("ticket", "返品\ntwo", Some("7")),
            event("message", "", None),
            event("message", "x", None),
        ];
        for size in [1, 2, 3, 7, 1000] {
            let mut reader = SseReader::default();
            let events: Vec<_> = text.as_bytes().chunks(size).flat_map(|c| reader.feed(c).unwrap()).collect();
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_endless_line_is_no_event() {
        let mut reader = SseReader::default();
        assert_eq!(reader.feed(&vec![b'a'; LARGEST + 1]), Err(TooLarge));
    }
}
