// Says of each line `VERSION<tab>RANGES` what govulncheck makes of it. It is compiled as if it stood in golang.org/x/vuln, whose packages it
// uses are internal. A range is events set off by commas, `i` or `f` and a version; ranges are set off by spaces.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/vuln/internal/osv"
	"golang.org/x/vuln/internal/semver"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		version, text, _ := strings.Cut(in.Text(), "\t")
		var ranges []osv.Range
		for _, r := range strings.Fields(text) {
			one := osv.Range{Type: osv.RangeTypeSemver}
			for _, e := range strings.Split(r, ",") {
				if e[0] == 'i' {
					one.Events = append(one.Events, osv.RangeEvent{Introduced: e[1:]})
				} else {
					one.Events = append(one.Events, osv.RangeEvent{Fixed: e[1:]})
				}
			}
			ranges = append(ranges, one)
		}
		fmt.Println(semver.Affects(ranges, version))
	}
}
