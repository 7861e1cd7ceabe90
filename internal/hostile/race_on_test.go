//go:build race

package hostile

// underRace: memory and time are those of the race detector, not ours.
const underRace = true
