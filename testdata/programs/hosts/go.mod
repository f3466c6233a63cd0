module example.com/hosts

go 1.23.0

require (
	go.uber.org/multierr v1.11.0
	go.yaml.in/yaml/v3 v3.0.4
	golang.org/x/net v0.38.0
	gopkg.in/yaml.v3 v3.0.1
)
