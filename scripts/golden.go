// Package scripts holds the Python side. The command embeds the part of it that
// runs in the user's own Keras.
package scripts

import _ "embed"

// Golden is golden.py, which runs a Keras model and stores what it answers.
//
//go:embed golden.py
var Golden []byte
