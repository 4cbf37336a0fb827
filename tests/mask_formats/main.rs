//! Mask files: the project's own format, imports of other programs' files, and hostile bytes for every reader.

mod files;
mod hostile;
mod own_and_foreign;
