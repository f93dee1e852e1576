//! How a desk's token is found: `TICKETTY_TOKEN`, `token_command`, environment, a private file; in this order. What an error
//! says names the source and never what it held, nor the command, which may hold a secret of its own.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::AsyncReadExt;

use super::desk::Desk;
use super::{ConfigError, paths};

/// How long a `token_command` may take.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest token; whatever prints more is no token.
const LONGEST: u64 = 16 * 1024;
/// The variable that stands in for the chosen desk's token.
pub const TOKEN_VARIABLE: &str = "TICKETTY_TOKEN";

/// The token of a desk; `None` when nothing says where one is. `stand_in` is the value of `TICKETTY_TOKEN`.
pub async fn resolve(name: &str, desk: &Desk, stand_in: Option<String>) -> Result<Option<SecretString>, ConfigError> {
    if let Some(token) = stand_in.filter(|t| !t.trim().is_empty()) {
        return token_of(name, TOKEN_VARIABLE, &token).map(Some);
    }
    if let Some(command) = &desk.token_command {
        let printed = run(name, command, LIMIT).await?;
        return token_of(name, "token_command", &printed).map(Some);
    }
    if let Some(variable) = &desk.token_env {
        let Ok(value) = std::env::var(variable) else {
            return Err(ConfigError::new(
                format!("no token for desk {name}"),
                format!("the environment variable {variable} is not set"),
                format!("set {variable}, or {TOKEN_VARIABLE} for this once"),
            ));
        };
        return token_of(name, variable, &value).map(Some);
    }
    if let Some(file) = &desk.token_file {
        return token_of(name, &file.display().to_string(), &read(name, file)?).map(Some);
    }
    Ok(None)
}

/// The first line, which must be something that can stand in a header.
fn token_of(name: &str, source: &str, text: &str) -> Result<SecretString, ConfigError> {
    let token = text.trim();
    let token = token.lines().next().unwrap_or_default().trim_end();
    if token.is_empty() {
        return Err(ConfigError::new(
            format!("no token for desk {name}"),
            format!("{source} gives nothing"),
            "see what it gives in a shell, then try again",
        ));
    }
    if token.chars().any(char::is_control) {
        return Err(ConfigError::new(
            format!("no token for desk {name}"),
            format!("what {source} gives holds control characters"),
            "see what it gives in a shell, then try again",
        ));
    }
    Ok(SecretString::from(token.to_owned()))
}

/// What a command prints. It runs in a process group of its own without standard input, so it cannot read the terminal.
async fn run(name: &str, command: &str, limit: Duration) -> Result<String, ConfigError> {
    let fail = |why: String| {
        ConfigError::new(
            format!("no token for desk {name}"),
            why,
            format!("run the token_command of [desks.{name}] in a shell to see what it says"),
        )
    };
    let mut child = tokio::process::Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_remove(TOKEN_VARIABLE)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| fail(format!("sh cannot be started: {e}")))?;
    let group = child.id();
    let Some(stdout) = child.stdout.take() else {
        return Err(fail("token_command has no output".to_owned()));
    };
    let both = async {
        let mut printed = Vec::new();
        stdout.take(LONGEST + 1).read_to_end(&mut printed).await?;
        if printed.len() as u64 > LONGEST {
            return Ok((printed, None));
        }
        Ok::<_, std::io::Error>((printed, Some(child.wait().await?)))
    };
    let ended = tokio::time::timeout(limit, both).await;
    if !matches!(ended, Ok(Ok((_, Some(_))))) {
        stop(group);
    }
    match ended {
        Err(_) => Err(fail(format!("token_command did not end within {} s", limit.as_secs_f32()))),
        Ok(Err(e)) => Err(fail(format!("token_command cannot be read: {e}"))),
        Ok(Ok((_, None))) => Err(fail("token_command prints far more than a token".to_owned())),
        Ok(Ok((_, Some(status)))) if !status.success() => Err(fail(match status.code() {
            Some(code) => format!("token_command ended with exit code {code}"),
            None => "token_command was killed by a signal".to_owned(),
        })),
        Ok(Ok((printed, Some(_)))) => {
            String::from_utf8(printed).map_err(|_| fail("token_command prints something that is not text".to_owned()))
        }
    }
}

/// Ends the command and what it started.
fn stop(group: Option<u32>) {
    let pid = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself meanwhile; then there is nothing to stop.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

/// A token file's text, if nobody else can read it.
fn read(name: &str, file: &Path) -> Result<String, ConfigError> {
    read_private(&paths::expand_home(file), LONGEST)
        .map_err(|(why, next)| ConfigError::new(format!("no token for desk {name}"), why, next))
}

/// The text of a file that holds a secret, if nobody else can reach it. What is wrong comes as the reason and what to do next.
pub fn read_private(file: &Path, longest: u64) -> Result<String, (String, String)> {
    let shown = file.display();
    let cannot = |e: std::io::Error| {
        (format!("{shown} cannot be read: {e}"), format!("write the secret there, with mode 0600: chmod 600 {shown}"))
    };
    let meta = std::fs::metadata(file).map_err(cannot)?;
    if !meta.is_file() {
        return Err((format!("{shown} is not a file"), "name a file that holds the secret".to_owned()));
    }
    let mode = meta.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err((
            format!("{shown} has mode {mode:04o}: others can reach the secret"),
            format!("chmod 600 {shown}"),
        ));
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err((format!("{shown} belongs to another user"), "use a file of your own".to_owned()));
    }
    if meta.len() > longest {
        return Err((format!("{shown} is far longer than a secret"), "name the file that holds the secret".to_owned()));
    }
    std::fs::read_to_string(file).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn desk() -> Desk {
        Desk::at("http://desk.example".parse().unwrap())
    }

    async fn token(desk: &Desk, stand_in: Option<&str>) -> Result<Option<String>, ConfigError> {
        let found = resolve("shop", desk, stand_in.map(ToOwned::to_owned)).await?;
        Ok(found.map(|s| s.expose_secret().to_owned()))
    }

    #[tokio::test]
    async fn the_order_holds() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, "from-file\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut desk = desk();
        assert_eq!(token(&desk, None).await, Ok(None));
        desk.token_file = Some(file);
        assert_eq!(token(&desk, None).await, Ok(Some("from-file".to_owned())));
        desk.token_env = Some("PATH".to_owned());
        assert_eq!(token(&desk, None).await, Ok(std::env::var("PATH").ok()));
        desk.token_command = Some("echo from-command; echo second line".to_owned());
        assert_eq!(token(&desk, None).await, Ok(Some("from-command".to_owned())));
        assert_eq!(token(&desk, Some("from-variable")).await, Ok(Some("from-variable".to_owned())));
    }

    #[tokio::test]
    async fn a_loose_file_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, "s3cret").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let mut desk = desk();
        desk.token_file = Some(file.clone());
        let e = token(&desk, None).await.unwrap_err();
        assert_eq!(e.next, format!("chmod 600 {}", file.display()));
        assert!(e.why.contains("0640") && !format!("{e:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn a_failing_command_says_so_without_its_text() {
        let mut desk = desk();
        for (command, why) in [
            ("echo s3cret >&2; echo s3cret; exit 3", "exit code 3"),
            ("true s3cret", "gives nothing"),
            ("printf 's3\\033cret'", "control characters"),
            ("printf 's3cret\\377'", "not text"),
            ("yes s3cret", "far more"),
        ] {
            desk.token_command = Some(command.to_owned());
            let e = token(&desk, None).await.unwrap_err();
            assert!(e.why.contains(why), "{command}: {e}");
            assert!(!format!("{e:?}").contains("s3"), "{e:?}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_stopped_with_what_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("pid");
        let command = format!("sleep 60 & echo $! > {}; wait", mark.display());
        let e = run("shop", &command, Duration::from_millis(300)).await.unwrap_err();
        assert!(e.why.contains("did not end within 0.3 s"), "{e}");
        let pid: i32 = std::fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
        let gone = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(2));
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        });
        assert!(gone, "the sleeping child was left behind");
    }

    #[tokio::test]
    async fn a_missing_variable_is_named() {
        let mut desk = desk();
        desk.token_env = Some("TICKETTY_TEST_NO_SUCH_VARIABLE".to_owned());
        let e = token(&desk, None).await.unwrap_err();
        assert!(e.why.contains("TICKETTY_TEST_NO_SUCH_VARIABLE"));
    }
}
