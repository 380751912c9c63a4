using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>What happens to an answer after its head and half of its body.</summary>
internal sealed class AnswerFault
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The connection breaks; else it is silent.</summary>
    public bool IsCut { get; init; }

    /// <summary>What was held back goes out.</summary>
    public void End() => _over.TrySetResult();

    public async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> body, CancellationToken stop)
    {
        var half = body.Length / 2;
        await http.Response.Body.WriteAsync(body[..half], stop);
        await http.Response.Body.FlushAsync(stop);
        if (IsCut)
        {
            throw new AnswerCut();
        }

        await _over.Task.WaitAsync(stop);
        await http.Response.Body.WriteAsync(body[half..], stop);
    }
}
