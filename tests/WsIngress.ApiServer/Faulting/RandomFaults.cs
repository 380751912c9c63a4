namespace WsIngress.ApiServer;

/// <summary>A history of faults that a seed decides: whatever an API server, its network and its administrators can do to a client, mixed.</summary>
/// <param name="server">To whom it happens.</param>
/// <param name="random">Decides.</param>
/// <param name="token">The client's, whose rights come and go.</param>
/// <param name="restores">The server may also come back with the older state of its last backup.</param>
public sealed class RandomFaults(FakeApiServer server, Random random, string token, bool restores = false)
{
    private const string User = "system:serviceaccount:wsingress:wsingress";
    private static readonly string?[] Kinds = [null, null, "ingresses", "services", "endpointslices", "secrets", "ingressclasses", "namespaces"];

    /// <summary>Everything is well, and the client has every right.</summary>
    public void End()
    {
        server.Faults.Clear();
        server.Access.Set(token, User, AccessRule.Everything);
    }

    /// <summary>The next thing happens, or a moment passes.</summary>
    public async Task NextAsync()
    {
        var kind = Kinds[random.Next(Kinds.Length)];
        switch (random.Next(18))
        {
            case 0:
                server.Faults.CutWatches(kind);
                break;
            case 1:
                server.Faults.EndWatches(kind);
                break;
            case 2:
                server.Faults.GarbageLine(kind);
                break;
            case 3:
                server.Faults.StallWatches(kind);
                break;
            case 4:
                server.Faults.ResumeWatches(kind);
                break;
            case 5:
                server.Faults.DuplicateEvents(random.Next(2) == 0, kind);
                break;
            case 6:
                server.Faults.Fail(429, TimeSpan.Zero, random.Next(1, 4), kind);
                break;
            case 7:
                server.Faults.Fail(new[] { 400, 500, 503, 504, 410 }[random.Next(5)], null, random.Next(1, 4), kind);
                break;
            case 8:
                server.Faults.Gone((GoneForm)random.Next(3), random.Next(1, 3), kind);
                server.Faults.EndWatches(kind);
                break;
            case 9:
                server.Compact(kind);
                break;
            case 10 when random.Next(2) == 0:
                await server.RestartAsync();
                break;
            case 11 when restores:
                await server.RestartAsync(lowerRevision: true);
                break;
            case 12:
                server.Backup();
                break;
            case 13:
                server.Access.Set(token, User, AccessRule.Read("networking.k8s.io", "ingresses"));
                server.Faults.EndWatches(kind);
                break;
            case 14:
                server.Access.Set(token, User, AccessRule.Everything);
                break;
            case 15:
                server.SkipRevisions(random.Next(20));
                break;
            default:
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(8)), TimeProvider.System, CancellationToken.None);
                break;
        }
    }
}
