# The daily commands. `just` alone lists them.

_default:
    @just --list

# What must hold before a commit: format, lints, tests
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# The service, with settings from the environment or .env
run *ARGS:
    cargo run -- serve {{ARGS}}

# Everything on a throw-away database, with a shop whose sizes come and go
demo *ARGS:
    cargo demo {{ARGS}}

# The tests, or those whose names contain a word
test *ARGS:
    cargo test --workspace {{ARGS}}

# Measures the promises of speed on this machine and writes the tables of docs/PERFORMANCE.md; some ten minutes on a quiet machine
bench *ARGS:
    cargo bench --bench promises -- --write {{ARGS}}

# The kill test at length: 200 rounds on each database, or as many as said
kill ROUNDS="200":
    KILL_ROUNDS={{ROUNDS}} cargo test --test kill rounds -- --nocapture

# A long day with faults on both sides, for an hour or as many minutes as said; writes target/soak.md
soak MINUTES="60":
    SOAK_MINUTES={{MINUTES}} cargo test --test soak -- --nocapture

# Follows a product of real shop software (vendure, oscar, medusa), which is installed into a folder outside of the repository
shops FOLDER *SOFTWARE="vendure oscar medusa":
    tests/shops/run {{FOLDER}} {{SOFTWARE}}

# Changes each decision of the domain package a little, and a test must notice; needs `cargo install cargo-mutants`
mutants *ARGS:
    cargo mutants --package coatcheck-domain {{ARGS}}

# The documentation of the code, as a page
doc:
    cargo doc --workspace --no-deps --open

# What the build machine runs, from a cold start
ci:
    .ci/run

# Asks the API whatever its description allows and much it does not, so many requests an address; needs Python 3
fuzz-api EXAMPLES="50":
    .ci/fuzz-api {{EXAMPLES}}

# Throws bytes at a reader (shopify, json, html, woo, presets, jq), the guard or push for some seconds; needs `cargo install cargo-fuzz`
fuzz TARGET="json" SECONDS="120":
    fuzz/seed
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{TARGET}} -- -max_total_time={{SECONDS}} -max_len=16384 -timeout=10 -rss_limit_mb=1024
