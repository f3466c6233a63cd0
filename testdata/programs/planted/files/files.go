// Package files embeds data/blob.bin: 100,000 bytes.
package files

import "embed"

//go:embed data/blob.bin
var fs embed.FS

// Sum adds the embedded bytes up.
func Sum() int {
	b, err := fs.ReadFile("data/blob.bin")
	if err != nil {
		return -1
	}
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	return sum
}
