package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newNeed) }

func newNeed(a *app) *cobra.Command {
	var q need.Question
	var use string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "need PAGE URL",
		Short: "Report whether a page needs CORS for a request, and what to do instead",
		Long: `need reports whether a page needs CORS to use a URL, why, and what to do instead.
It sends nothing and looks up no names. The answer is one of

  yes       the server must allow the page with CORS
  no        nothing needs to be done
  no, but   CORS is not needed, but something else matters

PAGE is the URL of the page, file:///… for one opened from a file, null for one
with an opaque origin, or server for code that does not run in a browser. URL may
be relative to the page if it begins with / or a dot.

The exit status is 0 whatever the answer, and 2 if the command line is wrong.`,
		Example: `  corsac need http://localhost:3000 http://localhost:8080/items
  corsac need https://app.example.com /api/items
  corsac need https://app.example.com https://cdn.example.net/logo.png --use img
  corsac need https://app.example.com https://cdn.example.net/photo.jpg --use img --crossorigin
  corsac need https://app.example.com wss://chat.example.net/room
  corsac need http://localhost:3000 http://localhost:8080/items --dev-proxy
  corsac need server https://api.example.com/items
  corsac need file:///home/me/index.html ./data.json
  corsac need null https://api.example.com/items --json | jq -r .answer`,
		Args: needArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Page, q.Target, q.Use = args[0], args[1], need.Use(use)
			answer, err := need.Ask(q)
			if err != nil {
				return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
			}
			if asJSON {
				return report.JSON(a.Out, answer)
			}
			text := &report.Text{Writer: terminal.NewWriter(a.Out, a.Getenv)}
			text.Need(answer)
			return text.Err()
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&use, "use", "", "what the page does with it: `USE` is "+strings.Join(need.UseNames(), ", ")+` (default "fetch", or "websocket" for a ws: URL)`)
	flags.BoolVar(&q.CrossOrigin, "crossorigin", false, "the tag has the crossorigin attribute")
	flags.BoolVar(&q.Sandboxed, "sandboxed", false, "the page is in a sandboxed frame, without allow-same-origin")
	flags.BoolVar(&q.DevProxy, "dev-proxy", false, "the page's development server passes the request on")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	choice.Complete(cmd, "use", need.UseNames())
	return cmd
}

func needArgs(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return errors.New("need takes a page and a URL, such as http://localhost:3000 http://localhost:8080/items")
	}
	return nil
}
