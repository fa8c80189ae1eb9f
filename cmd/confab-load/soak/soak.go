// Package soak uses a server for a long time as a team does, and looks for what grows with
// time and for messages that are lost, doubled or out of order.
package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

const (
	// people write, search, edit and so on, each with a screen open all the time.
	people = 6
	// followers print all messages with "tail -f".
	followers = 2
	// shortest and longest bound the life of one server. Between two lives everyone
	// connects again.
	shortest = 2
	longest  = 30 * time.Minute
	// samplesALife is how often a life is sampled.
	samplesALife = 10
)

// Run uses a server for a time, and restarts it at least once meanwhile. The same seed
// gives the same people with the same habits; what happens at the same time differs.
func Run(ctx context.Context, g *testbed.Ground, duration time.Duration, seed uint64) (report.Outcome, error) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	g.Say(fmt.Sprintf("soak for %s, seed %d", duration, seed))
	s, err := g.Site(ctx, "data", people+followers, testbed.OneGroup)
	if err != nil {
		return nil, err
	}
	r := &run{Site: s, team: &team{said: map[string]*said{}}}
	for i, a := range s.Accounts[:people] {
		r.people = append(r.people, &person{Account: a, team: r.team, hostKey: s.HostKey, chance: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	for _, a := range s.Accounts[people:] {
		r.followers = append(r.followers, &follower{Account: a})
	}
	f := &report.Findings{}
	f.Tell("seed", "seed", "%d", seed)
	lives := max(shortest, int((duration+longest-1)/longest))
	for life := range lives {
		samples, err := r.live(ctx, f, life+1, duration/time.Duration(lives))
		if err != nil {
			return nil, fmt.Errorf("life %d: %w", life+1, err)
		}
		for _, w := range grown(samples) {
			f.Fail(fmt.Sprintf("growth in life %d", life+1), "%s", w)
		}
		if life == lives-1 {
			samples[len(samples)-1].tell(f)
		}
	}
	f.Tell("lives", "times the server was started", "%d", lives)
	r.team.tell(f)
	return f, nil
}

// run is everybody and the server.
type run struct {
	*testbed.Site
	team      *team
	people    []*person
	followers []*follower
	markers   markers
}

// live starts a server, lets everybody use it for a time, and stops it.
func (r *run) live(ctx context.Context, f *report.Findings, life int, duration time.Duration) (samples []sample, err error) {
	profiles, err := testbed.FreeAddr()
	if err != nil {
		return nil, err
	}
	faults, err := r.Serve(ctx, func(server *testbed.Server) error {
		leave, err := r.come(ctx, server.Addr)
		if err != nil {
			return err
		}
		defer leave()
		period := duration / samplesALife
		for i := range samplesALife {
			if err := r.use(ctx, period); err != nil {
				return err
			}
			if err := r.settle(ctx); err != nil {
				return err
			}
			s, err := take(ctx, server, profiles, r.Data)
			if err != nil {
				return err
			}
			samples = append(samples, s)
			r.Say(fmt.Sprintf("life %d, %s of %s: %d messages, %s", life, period*time.Duration(i+1), duration, r.team.count(), s))
			for _, w := range r.markers.moved(ctx, r.Data) {
				f.Fail("markers", "%s", w)
			}
		}
		for _, w := range r.team.wrong(r.people[0]) {
			f.Fail(fmt.Sprintf("history after life %d", life), "%s", w)
		}
		return nil
	}, "--metrics=127.0.0.1:0", "--pprof="+profiles)
	f.Faulty(faults)
	for _, one := range r.followers {
		for _, w := range one.wrong {
			f.Fail("a follower of life "+fmt.Sprint(life), "%s", w)
		}
		one.wrong = nil
	}
	return samples, err
}

// come connects everybody. The caller calls leave at the end.
func (r *run) come(ctx context.Context, addr string) (leave func(), err error) {
	var following sync.WaitGroup
	leave = func() {
		for _, p := range r.people {
			p.leave()
		}
		for _, one := range r.followers {
			one.leave()
		}
		following.Wait()
	}
	for _, one := range r.followers {
		lines, err := one.come(ctx, addr, r.HostKey)
		if err != nil {
			leave()
			return nil, err
		}
		following.Go(func() { one.follow(lines) })
	}
	for _, p := range r.people {
		if err := p.come(ctx, addr); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

// use lets all people do something for a time.
func (r *run) use(ctx context.Context, d time.Duration) error {
	until := time.Now().Add(d)
	return testbed.Each(ctx, len(r.people), len(r.people), func(ctx context.Context, i int) error {
		for time.Now().Before(until) {
			if err := r.people[i].act(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.people[i].Name, err)
			}
			if err := testbed.Sleep(ctx, pause); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle waits until all followers have the newest message.
func (r *run) settle(ctx context.Context) error {
	newest := r.team.newest()
	for began := time.Now(); ; {
		behind := 0
		for _, one := range r.followers {
			if one.last.Load() < newest {
				behind++
			}
		}
		if behind == 0 {
			return nil
		}
		if time.Since(began) > testbed.Patience {
			return fmt.Errorf("%d of %d followers have not printed message %d", behind, followers, newest)
		}
		if err := testbed.Sleep(ctx, clients.FrameEnd); err != nil {
			return err
		}
	}
}
