// Package heavy brings a template language, which makes the linker keep every exported method.
package heavy

import (
	"strings"
	"text/template"
)

// Run lets a template choose a method by name.
func Run(s string) string {
	t, err := template.New("t").Parse(s)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	if err := t.Execute(&b, strings.NewReader(s)); err != nil {
		return err.Error()
	}
	return b.String()
}
