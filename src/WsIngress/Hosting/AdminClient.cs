using System.Net;

namespace WsIngress.Hosting;

/// <summary>Asks the admin API of a running process.</summary>
internal sealed class AdminClient(IPEndPoint admin) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    /// <summary>Names and values behind a path, with their question mark; empty for none.</summary>
    public static string Query(IReadOnlyList<(string Name, string Value)> values) =>
        values.Count == 0 ? "" : "?" + string.Join('&', values.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));

    /// <summary>The answer's text and status.</summary>
    /// <exception cref="IOException">Nobody answers.</exception>
    public async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpMethod method, string path, CancellationToken stopping)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri($"http://{admin}{path}"));
            using var response = await _http.SendAsync(request, stopping);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(stopping));
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            throw new IOException($"no admin API answers at {admin} ({broken.Message}); is wsingress running?", broken);
        }
    }

    public void Dispose() => _http.Dispose();
}
