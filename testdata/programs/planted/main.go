// Command planted holds packages whose sizes are known: what gospect gives them can be checked.
package main

import (
	"fmt"
	"os"

	"example.com/planted/files"
	"example.com/planted/generic"
	"example.com/planted/mapping"
	"example.com/planted/table"
	"example.com/planted/text"
	"example.com/planted/zeroes"
)

func main() {
	n := len(os.Args)
	fmt.Println(files.Sum(), table.At(n), text.At(n), mapping.Of(os.Args[0]), generic.All(n), zeroes.At(n))
}
