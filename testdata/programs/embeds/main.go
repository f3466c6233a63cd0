// Command embeds holds files of known contents in every way there is: an embed.FS with a folder, a string, a byte slice.
package main

import (
	"embed"
	"fmt"
	"os"
)

//go:embed files
var files embed.FS

//go:embed text.txt
var text string

//go:embed text.txt
var raw []byte

func main() {
	all, err := files.ReadDir("files")
	if err != nil {
		os.Exit(1)
	}
	if len(os.Args) > 1 {
		raw[0] = 'X'
		text = os.Args[1]
	}
	fmt.Println(len(all), len(text), len(raw))
}
