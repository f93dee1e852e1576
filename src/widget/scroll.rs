//! What part of a long list a window shows.

/// The first row shown, so that the cursor is inside the window and the window is full where the list is long enough.
pub fn follow(top: usize, cursor: usize, height: usize, len: usize) -> usize {
    if height == 0 || len == 0 {
        return 0;
    }
    let top = top.min(cursor).max((cursor + 1).saturating_sub(height));
    top.min(len.saturating_sub(height))
}

/// The first row shown when the cursor's line stays where it was (`line` from the window's top), as far as the list allows.
pub fn keep_line(cursor: usize, line: usize, height: usize, len: usize) -> usize {
    follow(cursor.saturating_sub(line.min(height.saturating_sub(1))), cursor, height, len)
}

/// The first row shown when the cursor's row shall stand at `line` (`zt` 0, `zz` half, `zb` the last one). Unlike
/// [`follow`] it may leave room below the end, as vim does.
pub fn place(cursor: usize, line: usize) -> usize {
    cursor.saturating_sub(line)
}

/// A position moved by a signed number of rows and kept inside.
pub fn step(at: usize, by: isize, len: usize) -> usize {
    at.saturating_add_signed(by).min(len.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_inside_and_the_window_full() {
        for len in 0..20 {
            for height in 0..8 {
                for top in 0..20 {
                    for cursor in 0..len {
                        let t = follow(top, cursor, height, len);
                        if height > 0 {
                            assert!(t <= cursor && cursor < t + height, "{len} {height} {top} {cursor} {t}");
                            assert!(t + height <= len || t == 0);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_line_stays() {
        assert_eq!(keep_line(10, 3, 8, 40), 7);
        assert_eq!(keep_line(1, 3, 8, 40), 0);
        assert_eq!(keep_line(39, 0, 8, 40), 32);
        assert_eq!(step(3, -9, 10), 0);
        assert_eq!(step(3, 99, 10), 9);
        assert_eq!(step(0, 1, 0), 0);
    }
}
