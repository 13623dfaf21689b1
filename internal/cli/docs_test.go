package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/cli"
)

// docs/cli.md names every command and every exit code.
func TestDocsNameEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() && !strings.Contains(doc, "`"+c.CommandPath()) {
			t.Errorf("docs/cli.md lacks %s", c.CommandPath())
		}
		for _, below := range c.Commands() {
			visit(below)
		}
	}
	visit(cli.Command())
	for _, code := range []cli.Code{cli.OK, cli.RunFailed, cli.Invalid, cli.Unreachable, cli.Canceled, cli.Interrupted} {
		if !strings.Contains(doc, fmt.Sprintf("| %d |", code)) {
			t.Errorf("docs/cli.md lacks exit code %d", code)
		}
	}
}
