// Package zeroes holds 100,000 bytes that are zero at first: they take memory, and no bytes in the file.
package zeroes

var cells [100_000]byte

// At writes a cell and reads its neighbour.
func At(n int) byte {
	cells[n%len(cells)] = byte(n)
	return cells[(n+1)%len(cells)]
}
