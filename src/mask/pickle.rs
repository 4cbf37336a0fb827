//! A reader of pickles that turns them into plain data and never executes anything.
//!
//! A [`Dialect`] lists the opcodes and the globals that a stream may use; every other is refused. A global is only a
//! name here, and a call only a name with its arguments. What they mean is for `torch_stream.rs` to say.

use std::ops::Range;

use super::error::printable;
use super::{MaskError, opcodes};

/// What a stream may contain.
pub(super) struct Dialect {
    pub protocol: u8,
    /// The opcodes allowed after PROTO, which comes first.
    pub opcodes: &'static [u8],
    /// Module and name, joined by a point.
    pub globals: &'static [&'static str],
}

/// More opcodes than any mask needs (the authors' streams have at most 35). Bounds time, memory and nesting.
const MAX_OPCODES: usize = 200;

/// What an opcode leaves on the stack.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// Little-endian two's complement.
    Long(&'a [u8]),
    /// Where in the file the bytes lie.
    Bytes(Range<usize>),
    Text(&'a str),
    Global(&'static str),
    Tuple(Vec<Value<'a>>),
    List(Vec<Value<'a>>),
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// What BINPERSID wraps.
    Persistent(Box<Value<'a>>),
    /// What REDUCE would have called, and its arguments.
    Call(&'static str, Vec<Value<'a>>),
}

/// Reads the pickle that starts at `start`; returns its value and the byte after it.
///
/// # Errors
/// [`MaskError`] naming the opcode, global or fault and its byte in the file.
pub(super) fn read<'a>(bytes: &'a [u8], start: usize, dialect: &Dialect) -> Result<(Value<'a>, usize), MaskError> {
    let mut machine = Machine {
        bytes,
        at: start,
        op: start,
        stack: Vec::new(),
        marks: Vec::new(),
    };
    if machine.array()? != [0x80, dialect.protocol] {
        let problem = format!("no pickle of protocol {}", dialect.protocol);
        return Err(machine.bad(problem));
    }
    for _ in 0..MAX_OPCODES {
        machine.op = machine.at;
        let [code] = machine.array()?;
        if !dialect.opcodes.contains(&code) {
            return Err(MaskError::PickleOpcode {
                name: opcodes::name(code),
                code,
                offset: machine.op,
            });
        }
        if code == b'.' {
            return machine.finish();
        }
        machine.execute(code, dialect)?;
    }
    Err(machine.bad("too many opcodes"))
}

/// pickle's stack machine. Its memo is written but, with these opcodes, never read, so it is not kept.
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the current opcode stands, for messages.
    op: usize,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
}

impl<'a> Machine<'a> {
    fn execute(&mut self, code: u8, dialect: &Dialect) -> Result<(), MaskError> {
        let value = match code {
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            // BINPUT: remembers the top of the stack.
            b'q' => {
                let _: [u8; 1] = self.array()?;
                let top = self.pop()?;
                self.stack.push(top);
                return Ok(());
            }
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::Int(i64::from(u8::from_le_bytes(self.array()?))),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            0x8a => {
                let len = u8::from_le_bytes(self.array()?);
                Value::Long(self.slice(u32::from(len))?)
            }
            b'X' => {
                let len = u32::from_le_bytes(self.array()?);
                let text = str::from_utf8(self.slice(len)?);
                Value::Text(text.map_err(|_| self.bad("a text that is not UTF-8"))?)
            }
            b'B' => {
                let len = u32::from_le_bytes(self.array()?);
                let start = self.at;
                self.slice(len)?;
                Value::Bytes(start..self.at)
            }
            b'c' => Value::Global(self.global(dialect)?),
            b')' => Value::Tuple(Vec::new()),
            0x85 => Value::Tuple(vec![self.pop()?]),
            b't' => Value::Tuple(self.pop_to_mark()?),
            b']' => Value::List(Vec::new()),
            b'a' => {
                let item = self.pop()?;
                let Value::List(mut items) = self.pop()? else {
                    return Err(self.bad("APPEND without a list"));
                };
                items.push(item);
                Value::List(items)
            }
            b'}' => Value::Dict(Vec::new()),
            b'u' => self.set_items()?,
            b'Q' => Value::Persistent(Box::new(self.pop()?)),
            b'R' => match (self.pop()?, self.pop()?) {
                (Value::Tuple(arguments), Value::Global(name)) => Value::Call(name, arguments),
                _ => return Err(self.bad("REDUCE without a global and a tuple")),
            },
            // PROTO again, or a dialect that allows what this machine lacks.
            _ => return Err(self.bad(format!("opcode {} in a wrong place", opcodes::name(code)))),
        };
        self.stack.push(value);
        Ok(())
    }

    fn finish(mut self) -> Result<(Value<'a>, usize), MaskError> {
        let value = self.pop()?;
        if self.stack.is_empty() && self.marks.is_empty() {
            return Ok((value, self.at));
        }
        Err(self.bad("more than one value"))
    }

    fn bad(&self, problem: impl Into<String>) -> MaskError {
        MaskError::Pickle {
            problem: problem.into(),
            offset: self.op,
        }
    }

    fn slice(&mut self, len: u32) -> Result<&'a [u8], MaskError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(slice) = rest.get(..len as usize) else {
            return Err(MaskError::Truncated {
                needed: self.at as u64 + u64::from(len),
                found: self.bytes.len() as u64,
            });
        };
        self.at += slice.len();
        Ok(slice)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], MaskError> {
        let mut array = [0; LEN];
        array.copy_from_slice(self.slice(LEN as u32)?);
        Ok(array)
    }

    /// The top of the stack, if it is above the last mark.
    fn pop(&mut self) -> Result<Value<'a>, MaskError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() > floor
            && let Some(value) = self.stack.pop()
        {
            return Ok(value);
        }
        Err(self.bad("a missing value"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>, MaskError> {
        let Some(mark) = self.marks.pop() else {
            return Err(self.bad("a missing mark"));
        };
        Ok(self.stack.split_off(mark))
    }

    fn set_items(&mut self) -> Result<Value<'a>, MaskError> {
        let mut items = self.pop_to_mark()?.into_iter();
        let Value::Dict(mut entries) = self.pop()? else {
            return Err(self.bad("SETITEMS without a dictionary"));
        };
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                return Err(self.bad("a key without a value"));
            };
            entries.push((key, value));
        }
        Ok(Value::Dict(entries))
    }

    fn global(&mut self, dialect: &Dialect) -> Result<&'static str, MaskError> {
        let module = self.line()?;
        let name = self.line()?;
        let full = [module, b".", name].concat();
        let allowed = dialect.globals.iter().find(|g| g.as_bytes() == full);
        allowed.copied().ok_or_else(|| MaskError::PickleGlobal {
            name: printable(&full),
            offset: self.op,
        })
    }

    fn line(&mut self) -> Result<&'a [u8], MaskError> {
        /// Longer than any allowed module or name.
        const LIMIT: usize = 100;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(LIMIT)];
        let Some(len) = rest.iter().position(|byte| *byte == b'\n') else {
            return Err(self.bad("a name without an end"));
        };
        self.at += len + 1;
        Ok(&rest[..len])
    }
}
