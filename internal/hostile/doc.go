// Package hostile makes damaged and malicious model files for tests: whole
// containers, written with right lengths and checksums around content that is
// wrong, so that what is tried lies behind the first check.
package hostile
