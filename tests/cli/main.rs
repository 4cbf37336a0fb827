//! The command line as its users meet it: the compiled program, its files, its exit codes.

mod arguments;
mod bench;
mod budgets;
mod devices;
mod exchange;
mod inputs;
mod interrupt;
mod masks;
mod outputs;
mod program;
mod prune;
mod report;
mod resume;
mod returned;
mod sweep;
mod tasks;
