package feed

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // decoders
	_ "image/png"
	"slices"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"github.com/kerasgo/kerasgo/ir"
)

// maxPixels bounds an image, whatever its file says.
const maxPixels = 1 << 26

// Image says how pixels become numbers. The zero Image does what Keras's
// load_img and img_to_array do: nearest neighbour, values 0 to 255, RGB.
type Image struct {
	Scale         string // one of Scales; empty is "none"
	Resize        string // one of Resizers; empty is "nearest"
	BGR           bool   // blue first
	Height, Width int    // where the model leaves them open; 0: the image's own
}

// Scales are the ways to scale pixels, by Keras's names of preprocess_input's
// modes.
var Scales = []string{"none", "0-1", "-1-1", "imagenet-caffe", "imagenet-torch"}

// Resizers are the interpolations.
var Resizers = []string{"nearest", "bilinear", "bicubic"}

// Check reports options that do not exist.
func (o Image) Check() error {
	if o.Scale != "" && !slices.Contains(Scales, o.Scale) {
		return ir.Errorf(ir.ErrUsage, "image scale %q: want one of %v", o.Scale, Scales)
	}
	if o.Resize != "" && !slices.Contains(Resizers, o.Resize) {
		return ir.Errorf(ir.ErrUsage, "image resize %q: want one of %v", o.Resize, Resizers)
	}
	return nil
}

// frame is how an input holds an image.
type frame struct {
	height, width, channels int
	first                   bool // channels first
	shape                   []int
}

func (o Image) decode(b []byte, want ir.Type) (*ir.Tensor, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	cfg, kind, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, &ir.Error{Kind: ir.ErrUsage, Text: "is no image that can be read: PNG, JPEG or WebP", Err: err}
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxPixels/cfg.Height {
		return nil, ir.Errorf(ir.ErrLimit, "the image is %dx%d, the limit is %d pixels", cfg.Width, cfg.Height, maxPixels)
	}
	f, err := o.frame(want.Shape, cfg.Height, cfg.Width)
	if err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, &ir.Error{Kind: ir.ErrUsage, Text: "the " + kind + " is damaged", Err: err}
	}
	v := o.pixels(o.resized(img, f), f)
	return ir.NewFloat32(v, f.shape...), nil
}

// frame finds height, width and channels in the shape of an input.
func (o Image) frame(want ir.Shape, height, width int) (f frame, err error) {
	open := func(d ir.Dim, asked, own int) int {
		switch {
		case d.IsKnown():
			return d.Size
		case asked > 0:
			return asked
		}
		return own
	}
	isChannels := func(d ir.Dim) bool { return d.IsKnown() && slices.Contains([]int{1, 3, 4}, d.Size) }
	switch {
	case len(want) == 4 && isChannels(want[3]):
		f = frame{open(want[1], o.Height, height), open(want[2], o.Width, width), want[3].Size, false, nil}
		f.shape = []int{1, f.height, f.width, f.channels}
	case len(want) == 4 && isChannels(want[1]):
		f = frame{open(want[2], o.Height, height), open(want[3], o.Width, width), want[1].Size, true, nil}
		f.shape = []int{1, f.channels, f.height, f.width}
	case len(want) == 3:
		f = frame{open(want[1], o.Height, height), open(want[2], o.Width, width), 1, false, nil}
		f.shape = []int{1, f.height, f.width}
	case len(want) == 2 && want[1].IsKnown() && o.Height > 0 && o.Width > 0 && want[1].Size%(o.Height*o.Width) == 0:
		f = frame{o.Height, o.Width, want[1].Size / (o.Height * o.Width), false, []int{1, want[1].Size}}
		if !slices.Contains([]int{1, 3, 4}, f.channels) {
			return f, ir.Errorf(ir.ErrUsage, "an image of %dx%d for an input of %v would have %d channels", o.Height, o.Width, want, f.channels)
		}
	case len(want) == 2:
		return f, ir.Errorf(ir.ErrUsage, "the input %v does not say an image's height and width; give --image-size HEIGHTxWIDTH", want)
	default:
		return f, ir.Errorf(ir.ErrUsage, "the file is an image, the model wants %v", want)
	}
	if f.height <= 0 || f.width <= 0 || f.width > maxPixels/f.height {
		return f, ir.Errorf(ir.ErrLimit, "the model wants an image of %dx%d, the limit is %d pixels", f.width, f.height, maxPixels)
	}
	return f, nil
}

// resized is the image at the size of the frame, with straight alpha.
func (o Image) resized(img image.Image, f frame) *image.NRGBA {
	b := img.Bounds()
	src := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Bounds(), img, b.Min, draw.Src)
	if f.channels < 4 { // as PIL's convert: alpha is dropped, not blended
		for i := 3; i < len(src.Pix); i += 4 {
			src.Pix[i] = 255
		}
	}
	if b.Dx() == f.width && b.Dy() == f.height {
		return src
	}
	dst := image.NewNRGBA(image.Rect(0, 0, f.width, f.height))
	var s draw.Scaler = draw.NearestNeighbor
	switch o.Resize {
	case "bilinear":
		s = draw.BiLinear
	case "bicubic":
		s = draw.CatmullRom
	}
	if s == draw.NearestNeighbor {
		nearest(dst, src)
		return dst
	}
	s.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst
}

// nearest takes the pixel whose area holds the centre, as PIL does.
func nearest(dst, src *image.NRGBA) {
	dw, dh, sw, sh := dst.Rect.Dx(), dst.Rect.Dy(), src.Rect.Dx(), src.Rect.Dy()
	for y := range dh {
		sy := (2*y + 1) * sh / (2 * dh)
		for x := range dw {
			sx := (2*x + 1) * sw / (2 * dw)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
}

// pixels is the image as numbers, in the frame's order and scale.
func (o Image) pixels(img *image.NRGBA, f frame) []float32 {
	n := f.height * f.width
	out := make([]float32, n*f.channels)
	bgr := o.BGR != (o.Scale == "imagenet-caffe")
	for i := range n {
		p := color.NRGBA{img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3]}
		c := [4]float32{float32(p.R), float32(p.G), float32(p.B), float32(p.A)}
		if f.channels == 1 { // ITU-R 601 in PIL's integers
			c[0] = float32((19595*uint32(p.R) + 38470*uint32(p.G) + 7471*uint32(p.B) + 1<<15) >> 16)
		} else if bgr {
			c[0], c[2] = c[2], c[0]
		}
		for k := range f.channels {
			at := i*f.channels + k
			if f.first {
				at = k*n + i
			}
			out[at] = o.scaled(c[k], k, bgr)
		}
	}
	return out
}

// Means and deviations of ImageNet in RGB, from Keras's imagenet_utils.
var (
	caffeMean = [3]float32{123.68, 116.779, 103.939}
	torchMean = [3]float32{0.485, 0.456, 0.406}
	torchStd  = [3]float32{0.229, 0.224, 0.225}
)

func (o Image) scaled(v float32, channel int, bgr bool) float32 {
	c := min(channel, 2)
	if bgr {
		c = 2 - c
	}
	switch o.Scale {
	case "0-1":
		return v / 255
	case "-1-1":
		return v/127.5 - 1
	case "imagenet-caffe":
		return v - caffeMean[c]
	case "imagenet-torch":
		return (v/255 - torchMean[c]) / torchStd[c]
	}
	return v
}

// ParseSize reads HEIGHTxWIDTH.
func ParseSize(s string) (height, width int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(s, "%dx%d", &height, &width); err != nil || n != 2 || height < 1 || width < 1 || fmt.Sprintf("%dx%d", height, width) != s {
		return 0, 0, ir.Errorf(ir.ErrUsage, "image size %q: want HEIGHTxWIDTH, such as 224x224", s)
	}
	return height, width, nil
}
