package summary

import (
	"fmt"
	"math"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kerasgo/kerasgo/ir"
)

// writeKeras3 prints the table as Keras 3 does through the Python library rich:
// widths reduced evenly to fit, words wrapped, too long words cut with an
// ellipsis.
func writeKeras3(b *strings.Builder, m *ir.Model, o Options) {
	flat := chain(m)
	header := []string{"Layer (type)", "Output Shape", "Param #"}
	positions, length := []float64{0.45, 0.80, 1}, 88
	if !flat {
		header = append(header, "Connected to")
		positions, length = []float64{0.3, 0.56, 0.74, 1}, 108
	}
	columns := o.Columns
	if columns == 0 {
		columns = 80
	}
	length = min(length, columns-4)
	if o.LineLength > 0 {
		length = o.LineLength
	}
	t := richTable{widths: richWidths(positions, max(length, 5*len(header)))}
	fmt.Fprintf(b, "Model: \"%s\"\n", m.Name)
	t.rule(b, "┏━┳┓")
	t.row(b, header, "┃")
	t.rule(b, "┡━╇┩")
	list := rows(m, o.ExpandNested, m.Source.Class != "Sequential")
	for i, l := range list {
		if i > 0 {
			t.rule(b, "├─┼┤")
		}
		name := base(l)
		if l.Depth > 0 {
			name = strings.Repeat("   ", l.Depth) + "└ " + name
		}
		cells := []string{name + " (" + l.Class + ")", outputs(l, false, false), grouped(l.Params)}
		if !flat {
			in := strings.Join(connections(l), ", ")
			if in == "" {
				in = "-"
			}
			cells = append(cells, in)
		}
		t.row(b, cells, "│")
	}
	t.rule(b, "└─┴┘")
	c := total(m)
	fmt.Fprintf(b, " Total params: %s (%s)\n", grouped(c.params), readable(c.bytes, "B"))
	fmt.Fprintf(b, " Trainable params: %s (%s)\n", grouped(c.trainable), readable(c.trainableBytes(), "B"))
	fmt.Fprintf(b, " Non-trainable params: %s (%s)\n", grouped(c.params-c.trainable), readable(c.bytes-c.trainableBytes(), "B"))
}

type richTable struct{ widths []int } // with a space of padding on either side

// richWidths are the columns' widths after rich has reduced them to the line.
func richWidths(positions []float64, length int) []int {
	widths := make([]int, len(positions))
	sum, at := 0, 0
	for i, p := range positions {
		w := int(p*float64(length)) - at
		at += w
		widths[i] = w + 2
		sum += widths[i]
	}
	excess := sum - (length - len(widths) - 1)
	for i := range widths {
		cut := int(math.RoundToEven(float64(excess) / float64(len(widths)-i)))
		widths[i] = max(3, widths[i]-cut)
		excess -= cut
	}
	return widths
}

func (t richTable) rule(b *strings.Builder, box string) {
	r := []rune(box)
	for i, w := range t.widths {
		if i == 0 {
			b.WriteRune(r[0])
		} else {
			b.WriteRune(r[2])
		}
		b.WriteString(strings.Repeat(string(r[1]), w))
	}
	b.WriteRune(r[3])
	b.WriteByte('\n')
}

func (t richTable) row(b *strings.Builder, cells []string, bar string) {
	wrapped := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		wrapped[i] = richWrap(c, t.widths[i]-2)
		height = max(height, len(wrapped[i]))
	}
	for y := range height {
		for i, w := range t.widths {
			line := ""
			if y < len(wrapped[i]) {
				line = wrapped[i][y]
			}
			pad := strings.Repeat(" ", w-2-runewidth.StringWidth(line))
			if i == 2 { // Param # is on the right
				line = pad + line
			} else {
				line += pad
			}
			b.WriteString(bar + " " + line + " ")
		}
		b.WriteString(bar + "\n")
	}
}

// richWrap breaks text between words; a word longer than width is cut.
func richWrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range richWords(text) {
		n := runewidth.StringWidth(strings.TrimRight(word, " "))
		if line != "" && width-used < n {
			lines = append(lines, line)
			line, used = "", 0
		}
		line += word
		used += runewidth.StringWidth(word)
	}
	lines = append(lines, line)
	for i, l := range lines {
		l = strings.TrimRight(l, " ")
		if runewidth.StringWidth(l) > width {
			l = runewidth.Truncate(l, width, "…")
		}
		lines[i] = l
	}
	return lines
}

// richWords splits text after the spaces that follow each word.
func richWords(text string) []string {
	var words []string
	start, inWord := 0, false
	for i, c := range text {
		if c == ' ' {
			inWord = inWord || strings.TrimLeft(text[start:i], " ") != ""
			continue
		}
		if inWord && i > start && text[i-1] == ' ' {
			words = append(words, text[start:i])
			start, inWord = i, false
		}
	}
	if start < len(text) {
		words = append(words, text[start:])
	}
	return words
}
