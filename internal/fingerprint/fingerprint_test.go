package fingerprint

import "testing"

// TestTensorFlow compares with tf.strings.to_hash_bucket_fast and
// to_hash_bucket_strong(key=[133, 137]) modulo 2^62-57.
func TestTensorFlow(t *testing.T) {
	const bins = 1<<62 - 57
	for _, c := range []struct {
		s         string
		farm, sip uint64
	}{
		{"", 1936946117179621569, 316627932347063053},
		{"a", 3694432073954588245, 2466253977694453507},
		{"ab", 3066228220894225808, 3814769135020288330},
		{"abc", 2640714258260161385, 2288159068006480098},
		{"abcd", 1897425971756105985, 3196519216900852338},
		{"abcdefg", 4341691227789030229, 1733789709272385464},
		{"abcdefgh", 4533385575889643956, 210173030064361903},
		{"xxxxxxxxxxxxxxx", 1773838639343418510, 1026151884090244949},
		{"xxxxxxxxxxxxxxxx", 3320895591121647644, 3062600254328431651},
		{"the quick brown f", 2098926860416782839, 4155104547333453058},
		{"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 2351315479247125896, 1739609714814096713},
		{"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 1983000239170337818, 3212790999491273660},
		{"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", 3227602484106814754, 558020427446289261},
		{"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", 3272011567211492082, 2877200667339158657},
		{"The quick brown fox jumps over the lazy dog, and then some more text to go over 64", 2555708060705669518, 1537267015915770660},
		{"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", 3047886533807812318, 2171806520189904748},
		{"sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", 2181041783152169002, 955866752286818269},
		{"Ωmega", 3271271643956437579, 3064615507816847585},
	} {
		if got := Farm64([]byte(c.s)) % bins; got != c.farm {
			t.Errorf("Farm64(%q) is %d, TensorFlow's %d", c.s, got, c.farm)
		}
		if got := Sip24([2]uint64{133, 137}, []byte(c.s)) % bins; got != c.sip {
			t.Errorf("Sip24(%q) is %d, TensorFlow's %d", c.s, got, c.sip)
		}
	}
}
