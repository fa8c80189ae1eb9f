package attack

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
	"confab/keys"
)

//go:embed matrix.txt
var matrixText string

// may is a line of the matrix: something to try, and the roles that may do it.
type may struct {
	over, does string
	allowed    map[string]bool // by role
}

// parseMatrix reads the matrix. Its first line that is not a comment names the
// roles.
func parseMatrix(text string) (roles []string, rows []may, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			roles = words[1:]
			continue
		}
		m := may{over: words[0], allowed: map[string]bool{}}
		at := len(words) - len(roles)
		if at < 2 {
			return nil, nil, fmt.Errorf("a line of the matrix is too short: %q", line)
		}
		m.does = strings.Join(words[1:at], " ")
		for i, cell := range words[at:] {
			if cell != "+" && cell != "-" {
				return nil, nil, fmt.Errorf("%q in the matrix is neither + nor -: %q", cell, line)
			}
			m.allowed[roles[i]] = cell == "+"
		}
		rows = append(rows, m)
	}
	return roles, rows, nil
}

// try is one cell of the matrix, over one front end.
type try struct {
	may
	role, over string
	group      string
	keepers    uuid.UUID // a message
	own        uuid.UUID // another message
}

// stage has the people and things that the matrix needs.
type stage struct {
	people map[string]testbed.Account // by role, and keeper, spare and other
	tries  []*try
	shared string
}

// matrix tries everything in the matrix.
func (a *attacked) matrix(ctx context.Context, g *testbed.Ground) error {
	roles, rows, err := parseMatrix(matrixText)
	if err != nil {
		return err
	}
	g.Say("trying permissions")
	st := &stage{people: map[string]testbed.Account{}, shared: "shared"}
	s, err := g.Site(ctx, "roles", len(roles)+3, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		return st.set(ctx, store, service, accounts, roles, rows)
	})
	if err != nil {
		return err
	}
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile, "--max-requests=0", "--max-conversations=0")
	if err != nil {
		return err
	}
	wrong, err := st.tryAll(ctx, s, server, roles, rows)
	if stopped := server.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	measured := fmt.Sprintf("%d", len(wrong))
	if len(wrong) > 0 {
		measured += ": " + strings.Join(wrong, "; ")
	}
	a.add(len(wrong) == 0, fmt.Sprintf("permissions: answers that differ from the matrix, of %d", len(st.tries)), "none", "%s", measured)
	a.faulty(server.Faults())
	return nil
}

// tryAll returns the tries whose results differ from the matrix.
func (st *stage) tryAll(ctx context.Context, s *testbed.Site, server *testbed.Server, roles []string, rows []may) (wrong []string, err error) {
	keeper, err := clients.Login(ctx, server.Addr, s.HostKey, st.people["keeper"])
	if err != nil {
		return nil, err
	}
	defer keeper.HangUp()
	if err := sftpDoes(keeper.Conn, "put", st.shared+"/kept"); err != nil {
		return nil, err
	}
	help, _, err := command(keeper.Conn, "help")
	if err != nil {
		return nil, err
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+)\b`).FindAllStringSubmatch(help, -1) {
		if !slices.ContainsFunc(rows, func(r may) bool { return strings.Fields(r.does)[0] == m[1] }) && m[1] != "keys" {
			wrong = append(wrong, "the command "+m[1]+" is missing from the matrix")
		}
	}
	if !strings.Contains(help, "whoami") {
		return nil, fmt.Errorf("the help lists no commands: %q", help)
	}
	for _, role := range roles {
		c, err := clients.Login(ctx, server.Addr, s.HostKey, st.people[role])
		refused := err != nil
		if !refused {
			defer c.HangUp()
		}
		var bot *botLines
		for _, t := range st.tries {
			if t.role != role {
				continue
			}
			done := false
			if !refused {
				if done, err = st.try(t, c.Conn, &bot); err != nil {
					return nil, fmt.Errorf("%s, %s over %s: %w", role, t.does, t.over, err)
				}
			}
			if done != t.allowed[role] {
				wrong = append(wrong, fmt.Sprintf("%s, %s over %s: done is %t", role, t.does, t.over, done))
			}
		}
	}
	return wrong, nil
}

// try does one thing and reports whether it worked.
func (st *stage) try(t *try, conn *ssh.Client, bot **botLines) (done bool, err error) {
	victim := map[string]string{"ssh": "other", "bot": "spare"}[t.over] // each front end blocks someone else
	line := strings.NewReplacer(
		"{g}", t.group, "{s}", st.shared, "{k}", t.keepers.String(), "{m}", t.own.String(), "{n}", "new-"+t.group,
		"{key}", st.people[t.role].Fingerprint, "{keeperskey}", st.people["keeper"].Fingerprint, "{keeper}", "@"+st.people["keeper"].Name,
		"{other}", st.people["other"].Name, "{spare}", st.people["spare"].Name, "{public}", "public", "{victim}", st.people[victim].Name,
	).Replace(t.does)
	switch t.over {
	case "sftp":
		what, path, _ := strings.Cut(line, " ")
		return sftpDoes(conn, what, path+"/kept") == nil, nil
	case "bot":
		if *bot == nil {
			if *bot, err = newBotLines(conn); err != nil {
				return false, nil // the bot's connection was refused, so nothing was done
			}
		}
		status, err := (*bot).run(strings.Fields(line))
		return status == 0, err
	default:
		_, status, err := command(conn, line)
		// A barred account loses the connection.
		return err == nil && status == 0, nil
	}
}

// sftpDoes does something with a file. It uses a session of its own, so that
// nothing is left for the next try.
func sftpDoes(conn *ssh.Client, what, path string) error {
	c, err := sftp.NewClient(conn)
	if err != nil {
		return err
	}
	defer c.Close()
	switch what {
	case "list":
		_, err = c.ReadDir(strings.TrimSuffix(path, "/kept"))
	case "get":
		var f *sftp.File
		if f, err = c.Open(path); err == nil {
			_, err = io.ReadAll(f)
			err = errors.Join(err, f.Close())
		}
	case "put":
		var f *sftp.File
		if f, err = c.Create(path); err == nil {
			_, err = io.WriteString(f, "content")
			err = errors.Join(err, f.Close())
		}
	case "remove":
		err = c.Remove(path)
	default:
		err = fmt.Errorf("what is %q?", what)
	}
	return err
}

// botLines is a bot's connection.
type botLines struct {
	in  io.Writer
	out *bufio.Scanner
}

func newBotLines(conn *ssh.Client) (*botLines, error) {
	s, err := conn.NewSession()
	if err != nil {
		return nil, err
	}
	in, err1 := s.StdinPipe()
	out, err2 := s.StdoutPipe()
	if err := errors.Join(err1, err2, s.Start("bot")); err != nil {
		return nil, err
	}
	b := &botLines{in, bufio.NewScanner(out)}
	b.out.Buffer(nil, 1<<20)
	if !b.out.Scan() {
		return nil, errors.Join(io.ErrUnexpectedEOF, b.out.Err())
	}
	return b, nil
}

// run has the bot run a command and returns the status.
func (b *botLines) run(words []string) (int, error) {
	id := uuid.NewString()
	line, err := json.Marshal(map[string]any{"id": id, "run": words})
	if err != nil {
		return 0, err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	for b.out.Scan() {
		var said struct {
			Type, For string
			Status    int
		}
		if err := json.Unmarshal(b.out.Bytes(), &said); err == nil && said.Type == "ack" && said.For == id {
			return said.Status, nil
		}
	}
	return 0, errors.Join(io.ErrUnexpectedEOF, b.out.Err())
}

// set creates the people and things that the tries need.
func (st *stage) set(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account, roles []string, rows []may) error {
	for i, who := range append(slices.Clone(roles), "keeper", "spare", "other") {
		st.people[who] = accounts[i]
	}
	for i, who := range []string{"bot", "str"} {
		a, key, err := testbed.NewAccount(9000 + i)
		if err != nil {
			return err
		}
		st.people[who] = a
		if who == "bot" {
			if _, err := service.Accounts().AddBot(ctx, a.Name, []keys.Key{key}); err != nil {
				return err
			}
		}
	}
	for _, m := range rows {
		overs := []string{m.over}
		if m.over == "both" {
			overs = []string{"ssh", "bot"}
		}
		for _, over := range overs {
			for _, role := range roles {
				t := &try{may: m, role: role, over: over, group: fmt.Sprintf("g%04d", len(st.tries))}
				st.tries = append(st.tries, t)
			}
		}
	}
	if err := store.Update(ctx, func(tx chat.Tx) error { return st.furnish(ctx, tx) }); err != nil {
		return err
	}
	_, err := service.Host().Ban(ctx, "@"+st.people["ban"].Name, time.Hour, "")
	return errors.Join(err, service.Host().SetDisabled(ctx, st.people["dis"].Name, true, ""))
}

// furnish creates the groups.
func (st *stage) furnish(ctx context.Context, tx chat.Tx) error {
	who := map[string]chat.User{}
	for role, a := range st.people {
		user, err := tx.UserByName(ctx, a.Name)
		if err != nil && role != "str" {
			return err
		}
		who[role] = user
	}
	now := time.Now()
	post := func(in chat.ConversationID, author chat.User) (uuid.UUID, error) {
		m := &chat.Message{ID: uuid.New(), Conversation: in, Author: author.ID, Body: "hidden words", SentAt: now}
		_, err := tx.InsertMessage(ctx, m)
		return m.ID, err
	}
	group := func(name string, public bool, tries string) (chat.ConversationID, error) {
		c, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: name, Public: public, CreatedAt: now})
		if err != nil {
			return 0, err
		}
		in := map[string]chat.Role{"keeper": chat.RoleOwner}
		if !public {
			in["own"], in["adm"] = chat.RoleOwner, chat.RoleAdmin
			for _, member := range []string{"mem", "bot", "blk", "ban", "dis", "spare"} {
				in[member] = chat.RoleMember
			}
			err = tx.InsertDeparture(ctx, c.ID, who["lef"].ID, now)
		}
		if tries == "inv" { // a list of invitations has a limit
			err = errors.Join(err, tx.InsertInvitation(ctx, c.ID, who["inv"].ID, who["keeper"].ID, now, false))
		}
		for role, as := range in {
			err = errors.Join(err, tx.InsertMembership(ctx, chat.Membership{Conversation: c.ID, User: who[role].ID, Role: as}))
		}
		return c.ID, err
	}
	general, err := tx.ConversationByName(ctx, chat.GeneralName)
	if err != nil {
		return err
	}
	m := &chat.Message{ID: uuid.New(), Conversation: general.ID, Author: who["keeper"].ID, Body: "hello", SentAt: now}
	_, err = tx.InsertMessage(ctx, m)
	shared, err1 := group(st.shared, false, "")
	_, err2 := group("public", true, "")
	if err := errors.Join(err, err1, err2, tx.InsertBlock(ctx, who["keeper"].ID, who["blk"].ID, now),
		tx.SetUserRole(ctx, who["so"].ID, chat.RoleOwner), tx.SetUserRole(ctx, who["sa"].ID, chat.RoleAdmin)); err != nil {
		return err
	}
	if _, err := post(shared, who["keeper"]); err != nil {
		return err
	}
	for _, t := range st.tries {
		if t.role == "str" || !strings.ContainsAny(t.does, "{") {
			continue
		}
		id, err := group(t.group, false, t.role)
		if err != nil {
			return err
		}
		var err1, err2 error
		t.keepers, err1 = post(id, who["keeper"])
		t.own, err2 = post(id, who[t.role])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
	}
	return nil
}
