package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
)

// sound is samples of tones that go from one frequency to another.
func sound(seconds float64, from, to float64) []byte {
	noise := rand.New(rand.NewPCG(1, 2))
	var b []byte
	phase, n := 0.0, int(seconds*rate)
	for i := range n {
		f := from + (to-from)*float64(i)/float64(n)
		phase += 2 * math.Pi * f / rate
		v := 0.02 * noise.NormFloat64()
		if f > 0 {
			v += 0.5 * math.Sin(phase)
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v*(1<<15))))
	}
	return b
}

func Example() {
	stream := bytes.Join([][]byte{sound(1, 0, 0), sound(1, 400, 400), sound(0.5, 1200, 1200), sound(0.25, 500, 1000), sound(1, 0, 0)}, nil)
	_ = run(bytes.NewReader(stream), os.Stdout)
	// Output:
	//  0.02 s  silence
	//  1.02 s  low tone
	//  2.02 s  high tone
	//  2.52 s  rising tone
	//  2.77 s  silence
}
