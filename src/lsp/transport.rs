//! The server on a pair of streams: frames in, frames out, nothing else on the way out.
//!
//! One thread reads, one answers. Everything that has arrived is looked at before anything is done, so that a request that
//! was cancelled in the meantime costs nothing; and while messages keep coming no check is begun that nobody asked for.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

use lsp_server::{ErrorCode, Message, RequestId, Response};
use serde_json::{Value, json};

use super::Server;
use crate::redact;

/// A message over this is skipped: a file of 4 MiB, the largest that is read, escaped at its worst, fits.
pub const MAX_MESSAGE_BYTES: u64 = 32 * 1024 * 1024;

/// A line of a message's head over this is no head.
const MAX_HEAD_BYTES: u64 = 4096;

/// Messages that wait to be looked at before the reader waits too.
const QUEUE: usize = 1024;

/// What arrived.
#[derive(Debug)]
enum Incoming {
    Message(Box<Message>),
    /// Something that is no message, with the answer that it gets.
    Malformed(Value),
}

/// Serves until the client says `exit` or goes away; whether it went in good order. An error means that it can no longer
/// be written to.
pub fn serve(server: &mut Server, input: &mut (dyn Read + Send), output: &mut dyn Write) -> io::Result<bool> {
    let (sender, receiver) = sync_channel(QUEUE);
    std::thread::scope(|scope| {
        scope.spawn(move || read_all(&mut BufReader::new(input), &sender));
        answer_all(server, receiver, output)
    })
}

fn answer_all(server: &mut Server, receiver: Receiver<Incoming>, output: &mut dyn Write) -> io::Result<bool> {
    loop {
        let next = match server.pause() {
            Some(pause) => receiver.recv_timeout(pause),
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let first = match next {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                send(output, server.settle())?;
                continue;
            }
            // Gone without a word.
            Err(RecvTimeoutError::Disconnected) => return Ok(true),
        };
        let mut batch = vec![first];
        batch.extend(receiver.try_iter().take(QUEUE));
        let cancelled = cancelled(&batch);
        for (index, incoming) in batch.into_iter().enumerate() {
            match incoming {
                Incoming::Malformed(answer) => frame(output, &answer.to_string())?,
                Incoming::Message(message) => match *message {
                    Message::Request(call) if cancelled.get(&call.id).is_some_and(|at| index < *at) => {
                        let what = "cancelled".to_owned();
                        let code = ErrorCode::RequestCanceled as i32;
                        send(output, vec![Response::new_err(call.id, code, what).into()])?;
                    }
                    message => send(output, server.handle(message))?,
                },
            }
            if let Some(orderly) = server.exited() {
                return Ok(orderly);
            }
        }
    }
}

/// The requests that are cancelled, with the place of the word that cancels them.
fn cancelled(batch: &[Incoming]) -> HashMap<RequestId, usize> {
    let mut out = HashMap::new();
    for (index, incoming) in batch.iter().enumerate() {
        let Incoming::Message(message) = incoming else { continue };
        let Message::Notification(note) = &**message else { continue };
        if note.method == "$/cancelRequest"
            && let Some(id) = note.params.get("id").cloned().and_then(|id| serde_json::from_value(id).ok())
        {
            out.insert(id, index);
        }
    }
    out
}

fn send(output: &mut dyn Write, messages: Vec<Message>) -> io::Result<()> {
    for message in messages {
        let mut value = serde_json::to_value(&message)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("jsonrpc".into(), "2.0".into());
        }
        frame(output, &value.to_string())?;
    }
    Ok(())
}

fn frame(output: &mut dyn Write, body: &str) -> io::Result<()> {
    // Clients write what they hear into logs, and people look at those on terminals.
    let body = redact::json(body);
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

fn read_all(input: &mut dyn BufRead, sender: &SyncSender<Incoming>) {
    while let Ok(Some(incoming)) = read(input) {
        let last =
            matches!(&incoming, Incoming::Message(m) if matches!(&**m, Message::Notification(n) if n.method == "exit"));
        if sender.send(incoming).is_err() || last {
            return;
        }
    }
}

/// The next message; `None` at the end. What is no head is passed over line by line until one comes.
fn read(input: &mut dyn BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = head(input)? else { return Ok(None) };
    if length > MAX_MESSAGE_BYTES {
        io::copy(&mut input.take(length), &mut io::sink())?;
        let what = format!("messages over {} MiB are not read", MAX_MESSAGE_BYTES / 1024 / 1024);
        return Ok(Some(Incoming::Malformed(refusal(Value::Null, ErrorCode::InvalidRequest, &what))));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(match parse(&body) {
        Ok(message) => Incoming::Message(Box::new(message)),
        Err(answer) => Incoming::Malformed(answer),
    }))
}

/// The length that a head states; its other fields mean nothing to us.
fn head(input: &mut dyn BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        let count = input.take(MAX_HEAD_BYTES).read_until(b'\n', &mut line)?;
        if count == 0 {
            return Ok(None);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            match length {
                Some(length) => return Ok(Some(length)),
                None => continue,
            }
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or_default();
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        }
    }
}

/// A message, or the answer to what is none.
pub fn parse(body: &[u8]) -> Result<Message, Value> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| refusal(Value::Null, ErrorCode::ParseError, "the message is not JSON"))?;
    let id = value.get("id").filter(|id| id.is_string() || id.is_number()).cloned().unwrap_or_default();
    serde_json::from_value(value)
        .map_err(|_| refusal(id, ErrorCode::InvalidRequest, "neither a request nor a notification nor an answer"))
}

fn refusal(id: Value, code: ErrorCode, what: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": what } })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::lsp::Setup;

    fn answers(input: &[u8]) -> (bool, String) {
        let mut out = Vec::new();
        let orderly = serve(&mut Server::new(Setup::default()), &mut &*input, &mut out).unwrap();
        (orderly, String::from_utf8(out).unwrap())
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn what_is_no_message_gets_an_answer_or_nothing() {
        for (input, code) in [
            (framed("{"), "-32700"),
            (framed("[]"), "-32600"),
            (framed(r#"{"id":7,"method":3}"#), r#""id":7"#),
            (framed(r#"{"id":1,"method":"textDocument/hover"}"#), "-32002"),
            ("garbage\r\n\r\ncontent-length:  1 \r\nX: y\r\n\r\n{".to_owned(), "-32700"),
            (format!("Content-Length: {}\r\n\r\n{}", 5, "\u{1f600}x"), "-32700"),
        ] {
            let (_, out) = answers(input.as_bytes());
            assert!(out.contains(code), "{input}: {out}");
        }
        for silent in [
            "",
            "Content-Length: 10\r\n\r\n{}",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 99999999999999999999999\r\n\r\nx",
        ] {
            assert_eq!(answers(silent.as_bytes()), (true, String::new()), "{silent}");
        }
    }

    #[test]
    fn large_messages_are_skipped() {
        let mut input = format!("Content-Length: {}\r\n\r\n", MAX_MESSAGE_BYTES + 1).into_bytes();
        input.resize(input.len() + MAX_MESSAGE_BYTES as usize + 1, b' ');
        input.extend(framed(r#"{"id":1,"method":"shutdown"}"#).bytes());
        let (_, out) = answers(&input);
        assert!(out.contains("32 MiB") && out.contains("-32002"), "{out}");
    }

    #[test]
    fn ends_in_order_and_without() {
        let start = framed(r#"{"id":1,"method":"initialize","params":{"capabilities":{}}}"#);
        let (down, exit) = (framed(r#"{"id":2,"method":"shutdown"}"#), framed(r#"{"method":"exit"}"#));
        assert!(answers(format!("{start}{down}{exit}").as_bytes()).0);
        assert!(!answers(format!("{start}{exit}").as_bytes()).0);
        assert!(!answers(exit.as_bytes()).0);
    }

    #[test]
    fn a_cancelled_request_costs_nothing() {
        let call = |id: i32| Message::Request(lsp_server::Request::new(id.into(), "x".into(), Value::Null));
        let cancel = |id: i32| {
            let note = lsp_server::Notification::new("$/cancelRequest".into(), json!({ "id": id }));
            Incoming::Message(Box::new(note.into()))
        };
        let batch = [Incoming::Message(Box::new(call(1))), cancel(1), cancel(2), Incoming::Message(Box::new(call(2)))];
        let found = cancelled(&batch);
        assert_eq!(found.get(&1.into()), Some(&1));
        assert_eq!(found.get(&2.into()), Some(&2));
    }
}
