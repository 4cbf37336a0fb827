//! Pictures in and out: files of every kind, padding, noise, PSNR, sizes, and the samples that ship.

mod files;
mod hostile;
mod make;
mod noise;
mod orientation;
mod padding;
mod samples;
mod sizes;
