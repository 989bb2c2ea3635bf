"""What the fuzzer of submissions is made of: a small split, an oracle, mutations, a trial."""
