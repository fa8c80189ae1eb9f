// Package screen runs a Bubble Tea model on one terminal at about the price of
// a line-mode session.
//
// A chat server holds a thousand screens, and nearly all are idle. So the cost of a screen
// while nothing happens matters most. Measured with 200 sessions of 120x40 (RSS a session,
// CPU a delivered message, 99th percentile of the delivery time, CPU of the idle server):
//
//	Bubble Tea v2 as in its examples             1,824 KB  1,011 µs  2,198 ms   48 %
//	... no blink timer, batched, cheap View      1,495 KB    121 µs    142 ms    7 %
//	... own line-diff writer, drawn on demand      315 KB     50 µs     25 ms
//	... keys decoded without a table a session     153 KB         -         -  0.6 %
//	an SSH session that only blocks in Read         83 KB    9.4 µs     20 ms    0 %
//
// The stock program keeps several buffers of 128 bytes a cell, a table of all key sequences
// (114 KB) and a ticker for each session. Here the model stays a [tea.Model], and only the
// layers below it are replaced:
//
//   - [Writer] remembers the rows on the terminal as the strings of the model. It
//     sends only the changes, and scrolls where that is shorter.
//   - [Input] decodes keys with ultraviolet's EventDecoder, which has no table.
//   - [Run] is the loop between the two. It draws only after something has
//     happened. Only one frame is on its way at a time, and when the client has
//     taken it, the loop draws the latest state. So a slow client costs one frame.
//
// An idle session has two goroutines (the caller's in the loop, one in Read),
// a read buffer of 1 KiB, and the record of the rows: 16 bytes for each pane
// that a line of the screen crosses. No timer runs.
//
// # Going back to the stock renderer
//
// The View of a model can be made from its frame in one line:
//
//	func (m Model) View() tea.View { return m.Frame().View() }
//
// Then the same model runs in the stock program instead of [Run]:
//
//	tea.NewProgram(model, tea.WithInput(s), tea.WithOutput(s), tea.WithWindowSize(w, h), tea.WithoutSignalHandler()).Run()
//
// The caller then passes the events of Options.Wake and Options.Resize to Send. Send does
// not wait for Update, so Options.Take must return a copy.
package screen
