#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::queue_body(bytes));
