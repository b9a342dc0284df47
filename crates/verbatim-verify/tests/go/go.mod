module verbatim/third-party

go 1.24

require golang.org/x/mod v0.0.0

// The copy that the Go toolchain brings along; `cargo xtask` puts it there.
replace golang.org/x/mod => ./mod
