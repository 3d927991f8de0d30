package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
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
			printAnswer(terminal.NewWriter(a.Out, a.Getenv), answer)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&use, "use", "", "what the page does with it: `USE` is "+strings.Join(useNames(), ", ")+` (default "fetch", or "websocket" for a ws: URL)`)
	flags.BoolVar(&q.CrossOrigin, "crossorigin", false, "the tag has the crossorigin attribute")
	flags.BoolVar(&q.Sandboxed, "sandboxed", false, "the page is in a sandboxed frame, without allow-same-origin")
	flags.BoolVar(&q.DevProxy, "dev-proxy", false, "the page's development server passes the request on")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	choice.Complete(cmd, "use", useNames())
	return cmd
}

func useNames() []string {
	names := make([]string, len(need.Uses))
	for i := range need.Uses {
		names[i] = string(need.Uses[i].Use)
	}
	return names
}

func needArgs(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return errors.New("need takes a page and a URL, such as http://localhost:3000 http://localhost:8080/items")
	}
	return nil
}

func printAnswer(w *terminal.Writer, answer *need.Answer) {
	say := func(label, text string) { w.Paragraph(label, verdict.Printable(text)) }
	w.Paragraph("", needHeadline(w, answer))
	say(w.Faint("  why:  "), answer.Reason)
	for i, step := range answer.Instead {
		label := "        - "
		if i == 0 {
			label = w.Faint("  do:   ") + "- "
		}
		say(label, step.Text)
		// Commands and configuration get lines of their own, unwrapped.
		for _, line := range append([]string{shell.Command(step.Command)}, strings.Split(step.Config, "\n")...) {
			if line != "" {
				w.Line("          " + w.Strong(verdict.Printable(line)))
			}
		}
	}
	for _, note := range answer.Notes {
		say(w.Notice("  note: "), note)
	}
}

func needHeadline(w *terminal.Writer, answer *need.Answer) string {
	origin := verdict.Printable(answer.Origin)
	switch {
	case answer.Verdict == need.Yes && origin == "null":
		return w.Notice("yes") + ": CORS is needed, and the page has the origin null, which no server should allow"
	case answer.Verdict == need.Yes:
		return w.Notice("yes") + ": the server must allow " + origin + " with CORS"
	case answer.Verdict == need.But:
		return w.Notice("no, but") + " " + verdict.Printable(answer.But)
	}
	return w.Good("no") + ": nothing is needed"
}
