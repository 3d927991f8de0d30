package verify

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
)

// Command is a command line that verifies a URL. Fields that are empty are left out.
type Command struct {
	URL, File, Policy, Stack string
	Origins, Failing         []string
	// Headers, Cookies and Data are as they were written, with variables in place
	// of secrets.
	Headers, Cookies, Data []string
	Send                   bool
	Servers                *probe.Settings
}

// String returns the command line, for a shell.
func (c *Command) String() string {
	words := []string{"corsac", "verify", c.URL}
	for _, option := range []struct {
		flag   string
		values []string
	}{
		{"-c", []string{c.File}},
		{"--policy", []string{c.Policy}},
		{"--origin", c.Origins},
		{"--stack", []string{c.Stack}},
		{"--failing", c.Failing},
		{"-H", c.Headers},
		{"--cookie", c.Cookies},
		{"-d", c.Data},
	} {
		for _, value := range option.values {
			if value != "" {
				words = append(words, option.flag, value)
			}
		}
	}
	if c.Send {
		words = append(words, "--send")
	}
	return shell.Command(append(words, check.ServerOptions(c.Servers)...))
}
