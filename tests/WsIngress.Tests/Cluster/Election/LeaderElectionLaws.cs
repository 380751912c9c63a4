using Xunit;

namespace WsIngress.Tests.Cluster.Election;

/// <summary>Never two leaders at once, whatever happens to processes, connections and clocks; and one again when it is over.</summary>
public sealed class LeaderElectionLaws
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task There_are_never_two_leaders(int seed)
    {
        const int Count = 3;
        await using var all = await Candidates.StartAsync(Count, seed: seed);
        var random = new Random(seed);
        var weather = new Weather(all, new Random(seed * 31));
        all.Server.Network = weather.PassAsync;
        for (var i = 0; i < Count; i++)
        {
            all[i].Start();
        }

        // Nobody is waited for: how far each one gets between two steps of the clock is a part of what varies.
        for (var step = 0; step < 1500; step++)
        {
            weather.Change();
            all.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 400)));
            all.Check();
            if (random.Next(3) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            all.Check();
        }

        Assert.Empty(all.Violations);
        weather.Clear();
        for (var i = 0; all.Leaders.Length != 1; i++)
        {
            Assert.True(i < 5000, "nobody leads though all is well");
            all.Time.Advance(Candidates.Step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Empty(all.Violations);
        Assert.True(Enumerable.Range(0, Count).Sum(i => all[i].Terms) > 1, "the weather was too fair to mean anything");
    }

    /// <summary>What happens to each candidate: frozen or running, its requests passed, slow, cut before or cut after they were carried out, its date.</summary>
    private sealed class Weather(Candidates all, Random random)
    {
        private const int Count = 3;
        private readonly Lock _gate = new();
        private readonly int[] _network = new int[Count];
        private bool _clear;

        public void Change()
        {
            if (Next(10) != 0)
            {
                return;
            }

            var candidate = Next(Count);
            switch (Next(4))
            {
                case 0:
                    all[candidate].Clock.Freeze();
                    break;
                case 1:
                    all[candidate].Clock.Thaw();
                    break;
                case 2:
                    all[candidate].Clock.Skew = TimeSpan.FromSeconds(Next(7200) - 3600);
                    break;
                default:
                    lock (_gate)
                    {
                        _network[candidate] = Next(5);
                    }

                    break;
            }
        }

        public void Clear()
        {
            lock (_gate)
            {
                _clear = true;
            }

            for (var i = 0; i < Count; i++)
            {
                all[i].Clock.Thaw();
            }
        }

        public async Task<bool> PassAsync(int candidate, bool answered)
        {
            int network;
            lock (_gate)
            {
                network = _clear ? 0 : _network[candidate];
            }

            if (network == 3)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Next(12_000)), all.Time);
            }

            if (answered)
            {
                // Its process takes the answer when it runs.
                await all[candidate].Clock.RunsAsync();
            }

            return network switch
            {
                1 => answered,
                2 => !answered,
                4 => Next(2) == 0,
                _ => true,
            };
        }

        private int Next(int below)
        {
            lock (_gate)
            {
                return random.Next(below);
            }
        }
    }
}
