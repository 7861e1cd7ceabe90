package importer

import (
	"fmt"
	"strings"

	"github.com/kerasgo/kerasgo/internal/pycode"
	"github.com/kerasgo/kerasgo/ir"
)

var lambdaLayers = []row{
	{class: "Lambda", lower: lowerLambda, check: checkLambda, note: "where its bytecode certainly says what it computes; else by an expression that stands for its function, which is never run",
		neutral: anyKeys("function", "function_type", "module", "output_shape", "output_shape_type", "output_shape_module", "arguments", "mask_type", "mask_module")},
}

// lambdaFunc is what a Lambda layer's configuration tells of its function.
type lambdaFunc struct {
	name      string             // of a function that is not in the file
	code      *pycode.Code       // nil when it is not known
	returns   *pycode.Expression // nil when the code does not tell
	defaults  []any              // of the last arguments
	closure   []any              // in the order of code.Free
	arguments object             // given by name
}

// lambdaFunc is read once, however often the layer is called.
func (l *Layer) lambdaFunc() *lambdaFunc {
	if l.lambda != nil {
		return l.lambda
	}
	f := &lambdaFunc{}
	l.lambda = f
	f.arguments, _ = plainConstant(l.spec.config["arguments"]).(object)
	text := ""
	switch t := l.spec.config["function"].(type) {
	case string:
		if l.spec.config["function_type"] == "lambda" { // before Keras 1.0.7: the code alone
			text = t
		} else {
			f.name = t
		}
	case []any: // code, defaults, closure
		if len(t) > 0 {
			text = str(t[0])
		}
		if len(t) > 1 {
			f.defaults, _ = plainConstant(t[1]).([]any)
		}
		if len(t) > 2 {
			f.closure, _ = plainConstant(t[2]).([]any)
		}
	case object:
		c := t["config"]
		if str(t["class_name"]) == "__lambda__" {
			text = str(at(c, "code"))
			f.defaults, _ = plainConstant(at(c, "defaults")).([]any)
			f.closure, _ = plainConstant(at(c, "closure")).([]any)
		} else if f.name = str(c); f.name == "" {
			f.name = str(t["class_name"])
		}
	}
	if text != "" {
		if c, err := pycode.Decode(text); err == nil {
			f.code = c
			f.returns, _ = c.Expression()
		}
	}
	return f
}

// plainConstant decodes serialized data: arrays of any Keras. NumPy's default
// float64 does not make a model's tensors float64.
func plainConstant(v any) any {
	if o, ok := v.(object); ok && o["class_name"] == nil {
		if kind := str(o["type"]); kind == "ndarray" || kind == "number" {
			return arrayValue{value: o["value"]}
		}
	}
	plain, err := keras3Value(v)
	if err != nil {
		return nil
	}
	return mapTree(plain, func(v any) any {
		if a, ok := v.(arrayValue); ok && a.dtype == "float64" {
			a.dtype = ""
			return a
		}
		return v
	})
}

// lambdaExpr is the expression given for the layer, by its path or its name.
func (l *Layer) lambdaExpr() (text string, ok bool) {
	for _, name := range []string{l.Name, l.spec.name} {
		if text, ok := l.b.opts.lambdas[name]; ok {
			l.b.lambdaUsed[name] = true
			return text, true
		}
	}
	return "", false
}

func checkLambda(l *Layer) {
	if _, ok := l.lambdaExpr(); !ok {
		if why := l.lambdaFunc().doubt(); why != "" {
			l.Fail(ir.ErrUnsupported, "function", "%s", l.lambdaHint(why))
		}
	}
	if m := l.spec.config["mask"]; m != nil {
		l.Fail(ir.ErrUnsupported, "mask", "is %s; a mask function is not supported", show(m))
	}
}

// lambdaHint says what is in the function, why that is in doubt, and how to stand
// in for it.
func (l *Layer) lambdaHint(doubt string) string {
	f := l.lambdaFunc()
	var b strings.Builder
	example := "x / 255"
	if l.spec.inputs() > 1 {
		example = "abs(x0 - x1)"
	}
	switch {
	case f.code != nil:
		fmt.Fprintf(&b, "is Python code, which is never run: %s(%s)", f.code.Name, strings.Join(f.code.Args, ", "))
		if len(f.code.Names) > 0 {
			fmt.Fprintf(&b, "; it refers to %s", strings.Join(f.code.Names, ", "))
		}
		var consts []any
		for _, c := range f.code.Consts {
			if c != nil {
				consts = append(consts, c)
			}
		}
		if len(consts) > 0 {
			fmt.Fprintf(&b, "; its constants are %s", strings.TrimSuffix(show(consts)[1:], "]"))
		}
	case f.name != "":
		fmt.Fprintf(&b, "is the Python function %s, which is not in the file", f.name)
		example = "relu(x) * 2"
	default:
		b.WriteString("is Python code, which is never run")
	}
	for i, c := range f.closure {
		name := fmt.Sprintf("closure[%d]", i)
		if i == 0 {
			example = "x + " + name
		}
		if f.code != nil && i < len(f.code.Free) {
			name = f.code.Free[i] + " (" + name + ")"
		}
		if t, err := constantTensor(c, ir.Invalid); err == nil && len(t.Shape) > 0 {
			fmt.Fprintf(&b, "; %s is an array of shape %v", name, t.Shape)
		} else {
			fmt.Fprintf(&b, "; %s is %s", name, showArg(c))
		}
	}
	for _, k := range sortedKeys(f.arguments) {
		fmt.Fprintf(&b, "; its argument %s is %s", k, showArg(f.arguments[k]))
	}
	option := func(expr string) string { return "--lambda " + shellQuote(l.Name+"="+expr) }
	if f.returns != nil {
		fmt.Fprintf(&b, ". Its bytecode reads as %s, but %s", f.returns.Text, doubt)
		if l.sayable(f) {
			fmt.Fprintf(&b, ". If that is what it computes, say so with %s (importer.WithLambda)", option(f.returns.Text))
			return b.String()
		}
	}
	fmt.Fprintf(&b, ". Say what it computes with %s (importer.WithLambda), where x is its input; for example %s", option("EXPRESSION"), option(example))
	return b.String()
}

// shellQuote is one word for a shell, whatever a file's names hold.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func lowerLambda(l *Layer, c *Call) []Value {
	checkLambda(l)
	l.Ignore("mask")
	if l.err != nil {
		return nil
	}
	if text, ok := l.lambdaExpr(); ok {
		return l.evalLambda(text, c, false)
	}
	text := l.lambdaFunc().returns.Text
	out := l.evalLambda(text, c, true)
	if l.err == nil {
		l.Note("its function is read from its bytecode as %s; --lambda overrides it", text)
	}
	return out
}

// unusedLambdas are expressions for layers that the model does not have.
func (b *builder) unusedLambdas() {
	for _, name := range sortedKeys(b.opts.lambdas) {
		if !b.lambdaUsed[name] {
			b.errs = append(b.errs, &ir.Error{Kind: ir.ErrUsage, Field: "--lambda " + name, Text: "the model has no Lambda layer of this name"})
		}
	}
}
