// Package only is imported for what its init does.
package only

import (
	"os"
	"regexp"
)

func init() {
	if regexp.MustCompile(`^KEEPS_[A-Z]+=quiet$`).MatchString(os.Getenv("KEEPS")) {
		os.Stdout.Close()
	}
}
