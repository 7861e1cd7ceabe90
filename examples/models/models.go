// Package models embeds the models of the examples, made by scripts/examples.py
// with Keras 3.
package models

import "embed"

// FS holds sentiment.keras, shapes.keras, tones.keras and snake.keras.
//
//go:embed *.keras
var FS embed.FS
