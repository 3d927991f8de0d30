package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

func init() { register(newNeed) }

func newNeed(a *app) *cobra.Command {
	var q need.Question
	var use string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "need PAGE URL",
		Short: "Say whether a page needs CORS for a request, and what to do instead",
		Long: `need says whether a page needs CORS to use a URL, why, and what to do instead.
Nothing is sent, and no name is looked up.

PAGE is the URL of the page, file:///… for one opened from a file, null for one
with an opaque origin, or server for code that runs in no browser. URL may be
relative to the page.

The exit status is 0 whatever the answer, and 2 if the command line is wrong.`,
		Example: `  corsac need http://localhost:3000 http://localhost:8080/items
  corsac need https://app.example.com /api/items
  corsac need https://app.example.com https://cdn.example.com/logo.png --use img
  corsac need https://app.example.com wss://chat.example.com --use websocket
  corsac need server https://api.example.com/items
  corsac need file:///home/me/index.html https://api.example.com/items --json`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			q.Page, q.Target, q.Use = args[0], args[1], need.Use(use)
			answer, err := need.Ask(q)
			if err != nil {
				return &problem{status: ExitUsage, err: err, hint: "run corsac need --help"}
			}
			if asJSON {
				return printJSON(a.Out, answer)
			}
			a.printAnswer(answer)
			return nil
		},
	}
	names := make([]string, len(need.Uses))
	for i, u := range need.Uses {
		names[i] = string(u)
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&use, "use", "fetch", "what the page does with it: `USE` is fetch, xhr, eventsource, websocket, img, canvas, media, script, module, style, font, iframe, form, or link")
	flags.BoolVar(&q.Sandboxed, "sandboxed", false, "the page is in a sandboxed frame, without allow-same-origin")
	flags.BoolVar(&q.DevProxy, "dev-proxy", false, "the page's dev server passes the request on")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	if err := cmd.RegisterFlagCompletionFunc("use", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that does not exist
	}
	return cmd
}

func (a *app) printAnswer(answer *need.Answer) {
	word := a.out.good("no") + ": CORS is not needed"
	if answer.Need {
		word = a.out.notice("yes") + ": the server must allow it by CORS"
	}
	text := a.text()
	fmt.Fprintln(a.Out, word)
	text.Paragraph("  ", answer.Reason)
	for i, s := range answer.Instead {
		label := "  or:   "
		if i == 0 {
			label = "  do:   "
		}
		text.Paragraph(a.out.faint(label), s)
	}
	for _, s := range answer.Notes {
		text.Paragraph(a.out.notice("  note: "), s)
	}
}

// text is the writer of prose for Out.
func (a *app) text() *report.Text {
	return &report.Text{Out: a.Out, Width: columns(a.Out, a.Getenv), Style: report.Style{
		Good: a.out.good, Bad: a.out.bad, Notice: a.out.notice, Strong: a.out.strong, Faint: a.out.faint,
	}}
}
