package cpu

import "testing"

func TestParseIsInverseOfString(t *testing.T) {
	for l := Generic; l <= AVX512; l++ {
		got, err := Parse(l.String())
		if err != nil || got != l {
			t.Errorf("Parse(%q) = %v, %v", l.String(), got, err)
		}
	}
	if _, err := Parse("sse9"); err == nil {
		t.Error("Parse accepts sse9")
	}
}

func TestSelect(t *testing.T) {
	if l, err := Select(""); err != nil || l != Best() {
		t.Errorf(`Select("") = %v, %v; want %v`, l, err, Best())
	}
	if l, err := Select("generic"); err != nil || l != Generic {
		t.Errorf(`Select("generic") = %v, %v`, l, err)
	}
	if l, err := Select("nonsense"); err == nil || l != Best() {
		t.Errorf(`Select("nonsense") = %v, %v; want the best level and an error`, l, err)
	}
	for l := Generic; l <= AVX512; l++ {
		if _, err := Select(l.String()); (err == nil) != Supported(l) {
			t.Errorf("Select(%q) error %v, Supported %v", l.String(), err, Supported(l))
		}
	}
}

func TestAMDFamily(t *testing.T) {
	family := AMDFamily()
	if family != 0 && (family < 0x0f || family > 0xff) {
		t.Errorf("AMDFamily() = %#x, want 0 or a family of 64-bit processors", family)
	}
	if family == Zen5 && !Supported(AVX2) {
		t.Errorf("AMDFamily() = %#x, a family that has AVX2, but the best level is %v", family, Best())
	}
}
