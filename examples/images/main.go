// Images says which shapes pictures show. Scaling of the values is in the model
// (Rescaling); the size is made to fit here.
//
//	go run ./examples/images examples/images/testdata/circle.png
package main

import (
	"fmt"
	"image"
	"io"
	"os"

	_ "image/jpeg"
	_ "image/png"

	"golang.org/x/image/draw"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
)

var labels = []string{"circle", "square", "triangle", "cross"}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(paths []string, out io.Writer) error {
	program, err := kerasgo.LoadFS(models.FS, "shapes.keras")
	if err != nil {
		return err
	}
	defer program.Close()
	shape, _ := program.Inputs()[0].Shape[1:].Ints() // height, width, channels
	session := program.NewSession()
	for _, path := range paths {
		pixels, err := load(path, shape[1], shape[0])
		if err != nil {
			return err
		}
		outputs, err := session.Run(kerasgo.Tensor(pixels, 1, shape[0], shape[1], 1))
		if err != nil {
			return err
		}
		best := 0
		scores := outputs[0].Float32s()
		for i, score := range scores {
			if score > scores[best] {
				best = i
			}
		}
		fmt.Fprintf(out, "%s: %s (%.0f%%)\n", path, labels[best], 100*scores[best])
	}
	return nil
}

// load gives the grey values of a picture, 0 to 255, rows first.
func load(path string, width, height int) ([]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	grey := image.NewGray(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(grey, grey.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	pixels := make([]float32, len(grey.Pix))
	for i, v := range grey.Pix {
		pixels[i] = float32(v)
	}
	return pixels, nil
}
