package report

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// Progress returns a bar that counts to n.
func Progress(w io.Writer, n int, what string, visible bool) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(terminal.NewDoor(w).Own()), progressbar.OptionSetVisibility(visible), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
}
