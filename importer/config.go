package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// config is a layer's configuration; it remembers which keys were read, so that
// a key that no one understands is noticed.
type config struct {
	m    object
	read []string // fewer than would be worth a map
}

func newConfig(m object) *config { return &config{m: m} }

func (c *config) get(key string) any {
	c.mark(key)
	return c.m[key]
}

func (c *config) mark(key string) {
	if !slices.Contains(c.read, key) {
		c.read = append(c.read, key)
	}
}

// Raw is the value of a key as JSON gives it: nil, bool, int64, float64,
// string, []any or map[string]any.
func (l *Layer) Raw(key string) any { return l.cfg.get(key) }

// Int is an integer argument; a missing or null one is def or, without def, a
// failure.
func (l *Layer) Int(key string, def ...int) int {
	v := l.cfg.get(key)
	if v == nil && len(def) > 0 {
		return def[0]
	}
	n, ok := asInt(v)
	if !ok {
		l.badKey(key, v, "an integer")
	}
	return n
}

// PositiveInt is Int for sizes: at least 1 and at most 2^31-1.
func (l *Layer) PositiveInt(key string, def ...int) int {
	n := l.Int(key, def...)
	if l.err == nil && (n < 1 || n > 1<<31-1) {
		l.badKey(key, n, "a positive integer")
	}
	if l.err != nil {
		return 1
	}
	return n
}

// Float is a number.
func (l *Layer) Float(key string, def ...float64) float64 {
	v := l.cfg.get(key)
	if v == nil && len(def) > 0 {
		return def[0]
	}
	if s, ok := v.(object); ok { // Keras 2's arrays of one number
		if n, ok := asFloat(s["value"]); ok {
			return n
		}
	}
	n, ok := asFloat(v)
	if !ok {
		l.badKey(key, v, "a number")
	}
	return n
}

// Bool is a flag.
func (l *Layer) Bool(key string, def ...bool) bool {
	switch v := l.cfg.get(key).(type) {
	case bool:
		return v
	case nil:
		if len(def) > 0 {
			return def[0]
		}
		l.badKey(key, nil, "true or false")
	case int64:
		return v != 0
	default:
		l.badKey(key, v, "true or false")
	}
	return false
}

// String is a text.
func (l *Layer) String(key string, def ...string) string {
	v := l.cfg.get(key)
	if v == nil && len(def) > 0 {
		return def[0]
	}
	s, ok := v.(string)
	if !ok {
		l.badKey(key, v, "a string")
	}
	return s
}

// OneOf is a text that must be one of some.
func (l *Layer) OneOf(key, def string, values ...string) string {
	s := l.String(key, def)
	if l.err == nil && !slices.Contains(values, s) {
		l.badKey(key, s, "one of "+strings.Join(values, ", "))
	}
	return s
}

// Ints is a list of integers; one integer is a list of n of it when n > 0, and
// a list must then have n elements. A missing or null key is def.
func (l *Layer) Ints(key string, n int, def ...int) []int {
	v := l.cfg.get(key)
	if v == nil && def != nil {
		return def
	}
	if one, ok := asInt(v); ok {
		out := []int{one}
		for len(out) < n {
			out = append(out, one)
		}
		return out
	}
	a, ok := v.([]any)
	if !ok || n > 0 && len(a) != n {
		l.badKey(key, v, fmt.Sprintf("%d integers", n))
		return make([]int, n)
	}
	out := make([]int, len(a))
	for i, e := range a {
		if out[i], ok = asInt(e); !ok {
			l.badKey(key, v, "integers")
		}
	}
	return out
}

// ChannelsFirst reads data_format; null and absent mean channels_last, or the
// option WithDataFormat.
func (l *Layer) ChannelsFirst() bool {
	def := "channels_last"
	if l.b.opts.dataFormat != "" {
		def = l.b.opts.dataFormat
	}
	return l.OneOf("data_format", def, "channels_last", "channels_first") == "channels_first"
}

// Ignore marks keys as understood.
func (l *Layer) Ignore(keys ...string) {
	for _, k := range keys {
		l.cfg.mark(k)
	}
}

func (l *Layer) badKey(key string, v any, want string) {
	l.Fail(ir.ErrMalformed, key, "is %s, wants %s", show(v), want)
}

// show prints a config value for an error.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(b) > 200 {
		return string(b[:200]) + "…"
	}
	return string(b)
}

// neutralKeys do not change what any layer computes at inference.
var neutralKeys = map[string]bool{
	"name": true, "trainable": true, "dtype": true, "dynamic": true, "batch_input_shape": true, "batch_shape": true,
	"input_shape": true, "input_dtype": true, "input_dim": true, "input_length": true, "activity_regularizer": true,
	"seed": true, "build_config": true, "lora_rank": true, "lora_alpha": true,
	"noise_shape": true, "synchronized": true, "autocast": true, "sparse": true, "ragged": true,
}

var neutralSuffixes = []string{"_initializer", "_regularizer", "_constraint"}

// checkUnread reports config keys that the lowering did not read: a note when
// the value is neutral, an error otherwise.
func (l *Layer) checkUnread() {
	var unread []string
	for k := range l.cfg.m {
		if !neutralKeys[k] && !slices.Contains(l.cfg.read, k) && !slices.ContainsFunc(neutralSuffixes, func(s string) bool { return strings.HasSuffix(k, s) }) {
			unread = append(unread, k)
		}
	}
	slices.Sort(unread)
	for _, k := range unread {
		v := l.cfg.m[k]
		neutral, known := l.row.neutral[k]
		if known && (neutral == anyValue || equalJSON(v, neutral)) {
			continue
		}
		if !known && (v == nil || v == false) {
			l.Note("ignored argument %s = %s, which this layer does not have", k, show(v))
			continue
		}
		l.Fail(ir.ErrUnsupported, k, "this layer's argument with value %s is not supported", show(v))
		return
	}
}

func equalJSON(a, b any) bool {
	if x, ok := asFloat(a); ok {
		switch n := b.(type) {
		case int:
			return x == float64(n)
		case float64:
			return x == n
		}
		return false
	}
	return show(a) == show(b)
}
