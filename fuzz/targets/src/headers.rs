//! Feeds `headers` with what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| spangraph_fuzz::headers(bytes));
