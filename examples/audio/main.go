// Audio listens to a stream of sound and says what it hears, as it hears it. The
// model was made for windows of 0.6 seconds; streaming feeds it 10 ms at a time
// and computes each of them once.
//
//	arecord -t raw -f S16_LE -r 8000 | go run ./examples/audio
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/runtime"
)

const (
	rate  = 8000
	frame = 80 // samples in a step
)

var labels = []string{"silence", "low tone", "high tone", "rising tone"}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads mono samples, 16 bits little-endian, 8000 a second.
func run(in io.Reader, out io.Writer) error {
	program, err := kerasgo.LoadFS(models.FS, "tones.keras", kerasgo.Compile(runtime.WithStreaming()))
	if err != nil {
		return err
	}
	defer program.Close()
	session := program.NewSession()
	raw, samples := make([]byte, 2*frame), make([]float32, frame)
	step := kerasgo.Tensor(samples, 1, 1, frame) // over samples, so it is made once
	heard, votes := -1, 0
	for at := 0; ; at += frame {
		if _, err := io.ReadFull(in, raw); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
		for i := range samples {
			samples[i] = float32(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / (1 << 15)
		}
		outputs, err := session.Run(step)
		if err != nil {
			return err
		}
		// A change counts when three steps agree on it.
		best := largest(outputs[0].Float32s())
		if votes++; best == heard {
			votes = 0
		} else if votes == 3 {
			heard, votes = best, 0
			fmt.Fprintf(out, "%5.2f s  %s\n", float64(at)/rate, labels[heard])
		}
	}
}

func largest(v []float32) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}
