//! The numbers that the exact network is written for: f64, and f64 with a derivative along one direction.

use std::ops::{Add, AddAssign, Mul, Sub};

/// What the layers need of a number.
pub trait Scalar:
    Copy + Default + Send + Sync + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + AddAssign
{
    /// A number that depends on nothing.
    fn constant(value: f64) -> Self;
    /// Without its derivative.
    fn value(self) -> f64;
    /// 1 / sqrt(self).
    fn recip_sqrt(self) -> Self;
    /// 1 / (1 + exp(-self)).
    fn sigmoid(self) -> Self;
}

impl Scalar for f64 {
    fn constant(value: f64) -> Self {
        value
    }

    fn value(self) -> f64 {
        self
    }

    fn recip_sqrt(self) -> Self {
        1.0 / self.sqrt()
    }

    fn sigmoid(self) -> Self {
        // From libm, so that wasm and native agree bit for bit.
        1.0 / (1.0 + libm::exp(-self))
    }
}

/// A dual number, value + slope * e with e^2 = 0: arithmetic on it carries an exact directional derivative along.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dual {
    pub value: f64,
    pub slope: f64,
}

impl Add for Dual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            slope: self.slope + other.slope,
        }
    }
}

impl Sub for Dual {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            slope: self.slope - other.slope,
        }
    }
}

impl Mul for Dual {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            slope: self.value * other.slope + self.slope * other.value,
        }
    }
}

impl AddAssign for Dual {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Scalar for Dual {
    fn constant(value: f64) -> Self {
        Self { value, slope: 0.0 }
    }

    fn value(self) -> f64 {
        self.value
    }

    fn recip_sqrt(self) -> Self {
        let value = self.value.recip_sqrt();
        Self {
            value,
            slope: -0.5 * value / self.value * self.slope,
        }
    }

    fn sigmoid(self) -> Self {
        let value = self.value.sigmoid();
        Self {
            value,
            slope: value * (1.0 - value) * self.slope,
        }
    }
}
