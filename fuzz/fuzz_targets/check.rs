#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dockcheck_fuzz::check(data));
