//! Resolutions: which bucket of a native histogram a value is in.

/// The finest resolution there is: 256 buckets between a number and its double.
const FINEST_SCHEMA: i8 = 8;
/// The coarsest resolution there is: one bucket for each factor of 65,536.
pub const COARSEST_SCHEMA: i8 = -4;
/// The fraction of an `f64`, without sign and exponent.
const FRACTION_BITS: u64 = (1 << 52) - 1;
/// The exponent of numbers from 1 to 2, in its place.
const ONE_EXPONENT_BITS: u64 = 1023 << 52;

/// The bounds of buckets that grow by the factor 2^(2^-schema).
#[derive(Debug)]
pub struct Resolution {
    schema: i8,
    /// The upper bounds from 1 on and below 2; only 1 when buckets are wider than that.
    bounds: Box<[f64]>,
}

impl Resolution {
    /// The coarsest resolution whose buckets grow by at most `factor`, as Prometheus' client libraries choose it.
    pub fn for_factor(factor: f64) -> Self {
        let schema = (COARSEST_SCHEMA..FINEST_SCHEMA).find(|schema| growth(*schema) <= factor);
        Self::new(schema.unwrap_or(FINEST_SCHEMA))
    }

    /// The resolution `schema`, from −4 to 8.
    fn new(schema: i8) -> Self {
        let count = 1u16 << schema.max(0);
        let bound = |index: u16| (f64::from(index) / f64::from(count)).exp2();
        Self {
            schema,
            bounds: (0..count).map(bound).collect(),
        }
    }

    /// The resolution's number: a power of two gives each next one half the buckets.
    pub fn schema(&self) -> i8 {
        self.schema
    }

    /// The bucket of `value`, a normal positive number: the i with base^(i−1) < `value` ≤ base^i.
    pub fn bucket(&self, value: f64) -> i32 {
        let bits = value.min(f64::MAX).to_bits();
        let exponent = i32::try_from(bits >> 52).unwrap_or(0) - 1023;
        let fraction = f64::from_bits(bits & FRACTION_BITS | ONE_EXPONENT_BITS);
        let within = self.bounds.partition_point(|bound| *bound < fraction);
        let within = i32::try_from(within).unwrap_or(0);
        match u8::try_from(self.schema) {
            Ok(schema) => (exponent << schema) + within,
            Err(_) => widen(exponent + within, self.schema.unsigned_abs()),
        }
    }
}

/// The bucket that holds the bucket `index` after its resolution was halved `times` times.
pub fn widen(index: i32, times: u8) -> i32 {
    (index + (1 << times) - 1) >> times
}

/// By how much a bucket's upper bound is larger than its lower one.
fn growth(schema: i8) -> f64 {
    (-f64::from(schema)).exp2().exp2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_factor_gives_the_schema_that_client_libraries_choose() {
        let schemas: Vec<_> = [1.001, 1.003, 1.05, 1.1, 1.19, 1.5, 2.0, 3.9, 4.0, 65_536.0, 1e9]
            .map(|factor| Resolution::for_factor(factor).schema())
            .into();
        assert_eq!(schemas, [8, 8, 4, 3, 2, 1, 0, 0, -1, -4, -4]);
    }

    #[test]
    fn buckets_are_those_that_tempo_wrote() {
        let resolution = Resolution::for_factor(1.1);
        let values = [0.15, 1.5, 0.003, 0.12, 0.002, 0.01, 0.001];
        assert_eq!(
            values.map(|value| resolution.bucket(value)),
            [-21, 5, -67, -24, -71, -53, -79]
        );
    }

    #[test]
    fn a_power_of_two_is_the_upper_bound_of_its_bucket() {
        for schema in COARSEST_SCHEMA..=FINEST_SCHEMA {
            let resolution = Resolution::new(schema);
            for power in [-128, -16, 0, 16, 512] {
                let value = f64::from(power).exp2();
                let expected = f64::from(power) * f64::from(schema).exp2();
                assert_eq!(f64::from(resolution.bucket(value)), expected, "{schema} {power}");
                assert_eq!(f64::from(resolution.bucket(value.next_up())), expected + 1.0);
            }
        }
    }

    #[test]
    fn the_largest_numbers_have_a_bucket() {
        let resolution = Resolution::for_factor(1.1);
        assert_eq!(resolution.bucket(f64::MAX), 1024 * 8);
        assert_eq!(resolution.bucket(f64::INFINITY), 1024 * 8);
    }

    proptest! {
        #[test]
        fn a_value_lies_between_the_bounds_of_its_bucket(
            value in 1e-9..1e9f64,
            schema in COARSEST_SCHEMA..=FINEST_SCHEMA,
        ) {
            let index = f64::from(Resolution::new(schema).bucket(value));
            let bound = |index: f64| (index * (-f64::from(schema)).exp2()).exp2();
            // Powers are rounded here, sums of exponents are not: near a bound the model knows no better.
            prop_assert!(bound(index - 1.0) < value * (1.0 + 1e-13), "{index}");
            prop_assert!(value <= bound(index) * (1.0 + 1e-13), "{index}");
        }

        #[test]
        fn a_halved_resolution_has_the_buckets_of_the_next_schema(
            value in 1e-9..1e9f64,
            schema in COARSEST_SCHEMA + 1..=FINEST_SCHEMA,
        ) {
            let (fine, coarse) = (Resolution::new(schema), Resolution::new(schema - 1));
            prop_assert_eq!(widen(fine.bucket(value), 1), coarse.bucket(value));
        }
    }
}
