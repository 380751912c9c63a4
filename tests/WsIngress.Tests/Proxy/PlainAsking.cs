using System.Text;

namespace WsIngress.Tests.Proxy;

/// <summary>One plain request after another on a client's connection.</summary>
internal static class PlainAsking
{
    public static async Task<string> AskAsync(this RawHandshake client, string target)
    {
        await client.WriteAsync($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.HearAsync();
        return await client.ReadBodyAsync();
    }

    /// <summary>The next head, in place of the last.</summary>
    public static Task HearAsync(this RawHandshake client)
    {
        client.Headers.Remove("Content-Length");
        client.Headers.Remove("Transfer-Encoding");
        return client.ReadHeadAsync();
    }

    public static async Task<string> BodyAsync(this RawHandshake client, int length)
    {
        var bytes = new byte[length];
        await client.Stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return Encoding.Latin1.GetString(bytes);
    }
}
