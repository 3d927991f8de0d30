package report

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress returns a bar that counts to n.
func Progress(w io.Writer, n int, what string, visible bool) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(visible), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
}
