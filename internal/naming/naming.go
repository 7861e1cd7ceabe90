// Package naming makes names as Keras makes them.
package naming

// Snake is Keras 3's to_snake_case, the name of a class in paths: an underscore
// stands before a capital that follows a small letter or comes before one.
func Snake(class string) string {
	name := make([]byte, 0, len(class))
	for _, c := range []byte(class) {
		if isSmall(c) || isCapital(c) || c >= '0' && c <= '9' || c == '_' {
			name = append(name, c)
		}
	}
	snake := make([]byte, 0, len(name)+4)
	for i, c := range name {
		if isCapital(c) {
			if i > 0 && (isSmall(name[i-1]) || i+1 < len(name) && isSmall(name[i+1])) {
				snake = append(snake, '_')
			}
			c += 'a' - 'A'
		}
		snake = append(snake, c)
	}
	return string(snake)
}

func isSmall(c byte) bool   { return c >= 'a' && c <= 'z' }
func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }
