package dialog

import (
	"context"
	"io"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// Exporter writes an account's own data as JSON.
type Exporter interface {
	Export(context.Context, io.Writer) error
}

// Export returns the page with the server's data about the user.
func Export(ctx context.Context, account Exporter) (*Page, error) {
	var b shownExport
	if err := account.Export(ctx, &b); err != nil {
		return nil, err
	}
	return &Page{
		title: "What the server has stored about you; ssh HOST export writes it to a file",
		lines: []line{{text.Clean(b.text.String()), ""}},
	}, nil
}

// maxExportShown bounds an export on the screen, in bytes.
const maxExportShown = 256 << 10

// shownExport collects an export. It refuses one that is longer than [maxExportShown].
type shownExport struct{ text strings.Builder }

// Write implements io.Writer.
func (e *shownExport) Write(p []byte) (int, error) {
	if e.text.Len()+len(p) > maxExportShown {
		return 0, chat.Refuse(chat.ErrTooLarge, "It is too long to be shown here: run  ssh HOST export > me.json")
	}
	return e.text.Write(p)
}
