// Validates each given dashboard against Grafana's schema: no field, panel option or query option that Grafana would ignore.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	failed := 0
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err == nil {
			err = new(dashboard.Dashboard).UnmarshalJSONStrict(text)
		}
		// The SDK returns an empty error list if there are no errors.
		if err != nil && err.Error() != "" {
			failed++
			fmt.Printf("%s: %v\n", file, err)
		}
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", len(os.Args)-1-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
